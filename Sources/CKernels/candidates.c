#include "vectors.h"

static int comes_before(const labsync_candidates *found, int32_t a, int32_t b) {
    if (found->scores[a] != found->scores[b]) return found->scores[a] > found->scores[b];
    return found->rows[a] < found->rows[b];
}

static void exchange(labsync_candidates *found, int32_t a, int32_t b) {
    int32_t row = found->rows[a];
    found->rows[a] = found->rows[b];
    found->rows[b] = row;
    float score = found->scores[a];
    found->scores[a] = found->scores[b];
    found->scores[b] = score;
    if (!found->errors) return;
    float error = found->errors[a];
    found->errors[a] = found->errors[b];
    found->errors[b] = error;
}

// Hoare's selection, the median of three as the pivot.
void labsync_select_best(labsync_candidates *found, int32_t limit) {
    int32_t low = 0, high = found->count - 1;
    while (low < high && limit > 0 && limit < found->count) {
        int32_t middle = low + (high - low) / 2;
        if (comes_before(found, middle, low)) exchange(found, middle, low);
        if (comes_before(found, high, low)) exchange(found, high, low);
        if (comes_before(found, high, middle)) exchange(found, high, middle);
        exchange(found, middle, high);
        int32_t place = low;
        for (int32_t i = low; i < high; i++)
            if (comes_before(found, i, high)) exchange(found, i, place++);
        exchange(found, place, high);
        if (place == limit - 1) return;
        if (place < limit - 1)
            low = place + 1;
        else
            high = place - 1;
    }
}

void labsync_keep_best(labsync_candidates *found, int32_t limit) {
    if (found->count < limit || limit <= 0) return;
    labsync_select_best(found, limit);
    found->count = limit;
    float worst = found->scores[0];
    for (int32_t i = 1; i < limit; i++) worst = found->scores[i] < worst ? found->scores[i] : worst;
    if (worst > found->threshold) found->threshold = worst;
}

// By a histogram of the scores: nothing is sorted.
void labsync_keep_about(labsync_candidates *found, int32_t limit) {
    enum { BUCKETS = 512 };
    if (found->count <= limit || limit <= 0) return;
    float low = found->scores[0], high = low;
    for (int32_t i = 1; i < found->count; i++) {
        low = found->scores[i] < low ? found->scores[i] : low;
        high = found->scores[i] > high ? found->scores[i] : high;
    }
    float scale = (BUCKETS - 1) / (high - low);
    if (!(scale > 0 && scale < 1e30f)) return labsync_keep_best(found, limit);
    int32_t counts[BUCKETS] = {0};
    for (int32_t i = 0; i < found->count; i++) counts[(int32_t)((found->scores[i] - low) * scale)]++;
    int32_t least = BUCKETS, sum = 0;
    while (sum < limit) sum += counts[--least];
    // All nearly alike.
    if (sum > limit + limit / 2) return labsync_keep_best(found, limit);
    int32_t kept = 0;
    float worst = high;
    for (int32_t i = 0; i < found->count; i++) {
        float score = found->scores[i];
        if ((int32_t)((score - low) * scale) < least) continue;
        worst = score < worst ? score : worst;
        found->rows[kept] = found->rows[i];
        found->scores[kept] = score;
        if (found->errors) found->errors[kept] = found->errors[i];
        kept++;
    }
    found->count = kept;
    if (worst > found->threshold) found->threshold = worst;
}

void labsync_drop_hopeless(labsync_candidates *found) {
    int32_t kept = 0;
    for (int32_t i = 0; i < found->count; i++) {
        if (found->scores[i] + (found->errors ? found->errors[i] : 0) < found->threshold) continue;
        exchange(found, i, kept++);
    }
    found->count = kept;
}
