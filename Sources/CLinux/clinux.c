#define _GNU_SOURCE
#include "clinux.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

_Static_assert(sizeof(struct clinux_mmsghdr) == sizeof(struct mmsghdr), "layout of struct mmsghdr");

int clinux_recvmmsg(int fd, struct clinux_mmsghdr *messages, unsigned count, int flags) {
    return recvmmsg(fd, (struct mmsghdr *)messages, count, flags, 0);
}

int clinux_sendmmsg(int fd, struct clinux_mmsghdr *messages, unsigned count, int flags) {
    return sendmmsg(fd, (struct mmsghdr *)messages, count, flags);
}

int clinux_make_realtime(int priority) {
    struct sched_param parameters = {.sched_priority = priority};
    return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
}

long long clinux_thread_cpu_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (long long)now.tv_sec * 1000000000LL + now.tv_nsec;
}
