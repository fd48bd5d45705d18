#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
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

/* Where Ctrl-C is told, a byte for each: a signal handler may do little else. Kept here, as a handler must be a C
   function. Set once, before the first signal. */
static int labsync_interrupt_pipe[2] = {-1, -1};

static inline void labsync_interrupted(int number) {
    int saved = errno;
    char byte = (char)number;
    if (write(labsync_interrupt_pipe[1], &byte, 1) < 0) { /* The pipe is full of earlier ones. */ }
    errno = saved;
}

/* The descriptor to read from, or -1. Other waits in the program go on as if nothing had happened. */
static inline int labsync_watch_interrupts(void) {
    if (pipe2(labsync_interrupt_pipe, O_NONBLOCK | O_CLOEXEC) != 0) return -1;
    struct sigaction action = {.sa_handler = labsync_interrupted, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    return sigaction(SIGINT, &action, NULL) == 0 ? labsync_interrupt_pipe[0] : -1;
}

static inline void labsync_forget_interrupts(int descriptor) {
    char bytes[64];
    while (read(descriptor, bytes, sizeof bytes) > 0) {}
}

static char *labsync_line = NULL;
static int labsync_has_line = 0;

static inline void labsync_take_line(char *line) {
    labsync_line = line;
    labsync_has_line = 1;
}

/* Reads a line with editing; NULL at the end of input, and when Ctrl-C came, which is told apart. The line is the
   caller's to free. One thread only. */
static inline char *labsync_read_line(const char *prompt, int interrupts, bool *was_interrupted) {
    *was_interrupted = false;
    labsync_line = NULL;
    labsync_has_line = 0;
    rl_callback_handler_install(prompt, labsync_take_line);
    while (!labsync_has_line) {
        struct pollfd descriptors[2] = {{.fd = 0, .events = POLLIN}, {.fd = interrupts, .events = POLLIN}};
        if (poll(descriptors, 2, -1) < 0 && errno != EINTR) break;
        if (descriptors[1].revents != 0) {
            labsync_forget_interrupts(interrupts);
            *was_interrupted = true;
            break;
        }
        if (descriptors[0].revents != 0) rl_callback_read_char();
    }
    rl_callback_handler_remove();
    return labsync_line;
}
