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

void labsync_drop_hopeless(labsync_candidates *found) {
    int32_t kept = 0;
    for (int32_t i = 0; i < found->count; i++) {
        if (found->scores[i] + (found->errors ? found->errors[i] : 0) < found->threshold) continue;
        exchange(found, i, kept++);
    }
    found->count = kept;
}
