// A batch, for levels whose registers do not hold a tile of it: query after query over as many rows as the second
// cache holds.

size_t NAME(scan_nibbles_batch)(const uint8_t *blocks, size_t width, const labsync_byte_query *queries,
                                const int8_t *tiles, size_t count, labsync_run run, labsync_candidates *found) {
    (void)tiles;
    enum { STRETCH = 1024 };
    for (size_t start = run.start; start < run.end; start = (start / STRETCH + 1) * STRETCH) {
        labsync_run part = run;
        part.start = start;
        part.end = (start / STRETCH + 1) * STRETCH < run.end ? (start / STRETCH + 1) * STRETCH : run.end;
        for (size_t query = 0; query < count; query++)
            if (found[query].count + STRETCH > found[query].capacity) return start;
        for (size_t query = 0; query < count; query++)
            NAME(scan_nibbles)(blocks, width, queries + query, part, found + query);
    }
    return run.end;
}
