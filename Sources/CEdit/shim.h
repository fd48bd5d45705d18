#include <stddef.h>
#include <stdlib.h>
#include <editline/readline.h>

/* libedit asks for completions by global function pointers, which Swift cannot set safely: this shim keeps them here.
   The list is set once, before the first line is read, and only the reading thread looks at it. */
static const char *const *labsync_completions = NULL;

static inline char *labsync_next_completion(const char *text, int state) {
    static size_t position;
    if (state == 0) position = 0;
    size_t length = 0;
    while (text[length] != 0) length++;
    while (labsync_completions != NULL && labsync_completions[position] != NULL) {
        const char *candidate = labsync_completions[position++];
        size_t same = 0;
        while (same < length && candidate[same] == text[same]) same++;
        if (same < length) continue;
        size_t size = 0;
        while (candidate[size++] != 0) {}
        char *copy = malloc(size);
        if (copy == NULL) return NULL;
        for (size_t index = 0; index < size; index++) copy[index] = candidate[index];
        return copy;
    }
    return NULL;
}

/* candidates: ended by NULL, and never freed. */
static inline void labsync_complete_with(const char *const *candidates) {
    labsync_completions = candidates;
    rl_completion_entry_function = labsync_next_completion;
}
