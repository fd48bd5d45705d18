#include <libpq-fe.h>
// Glibc's Swift module does not carry epoll.
#include <sys/epoll.h>
#include <sys/eventfd.h>
