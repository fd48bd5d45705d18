#include "vectors.h"

#include <string.h>

#if defined(__x86_64__) && defined(__linux__)
#define VERSIONS __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VERSIONS
#endif

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
// Floats as integers of the same order, which compare without regard to what is no number.
static inline __attribute__((always_inline)) int32_t ordered(float score) {
    int32_t bits;
    memcpy(&bits, &score, 4);
    return bits ^ (bits >> 31 & 0x7fffffff);
}

VERSIONS static void bounds(const float *scores, int32_t count, float *low, float *high) {
    int32_t least = INT32_MAX, most = INT32_MIN;
    for (int32_t i = 0; i < count; i++) {
        int32_t order = ordered(scores[i]);
        least = order < least ? order : least;
        most = order > most ? order : most;
    }
    least ^= least >> 31 & 0x7fffffff;
    most ^= most >> 31 & 0x7fffffff;
    memcpy(low, &least, 4);
    memcpy(high, &most, 4);
}

VERSIONS static void find_buckets(const float *scores, int32_t count, float low, float scale, int32_t *buckets) {
    for (int32_t i = 0; i < count; i++) buckets[i] = (int32_t)((scores[i] - low) * scale);
}

void labsync_keep_about(labsync_candidates *found, int32_t limit) {
    enum { BUCKETS = 512, STRETCH = 1024 };
    if (found->count <= limit || limit <= 0) return;
    float low, high;
    bounds(found->scores, found->count, &low, &high);
    float scale = (BUCKETS - 1) / (high - low);
    if (!(scale > 0 && scale < 1e30f)) return labsync_keep_best(found, limit);
    int32_t counts[BUCKETS] = {0}, buckets[STRETCH];
    for (int32_t start = 0; start < found->count; start += STRETCH) {
        int32_t count = found->count - start < STRETCH ? found->count - start : STRETCH;
        find_buckets(found->scores + start, count, low, scale, buckets);
        for (int32_t i = 0; i < count; i++) counts[buckets[i]]++;
    }
    int32_t least = BUCKETS, sum = 0;
    while (sum < limit) sum += counts[--least];
    // All nearly alike.
    if (sum > limit + limit / 2) return labsync_keep_best(found, limit);
    int32_t kept = 0;
    for (int32_t start = 0; start < found->count; start += STRETCH) {
        int32_t count = found->count - start < STRETCH ? found->count - start : STRETCH;
        find_buckets(found->scores + start, count, low, scale, buckets);
        // Without a branch, which would be guessed wrongly as often as rightly.
        for (int32_t i = 0; i < count; i++) {
            found->rows[kept] = found->rows[start + i];
            found->scores[kept] = found->scores[start + i];
            if (found->errors) found->errors[kept] = found->errors[start + i];
            kept += buckets[i] >= least;
        }
    }
    found->count = kept;
    float worst;
    bounds(found->scores, kept, &worst, &high);
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
