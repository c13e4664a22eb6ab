#define _GNU_SOURCE
#include "clinux.h"

#include <arpa/nameser.h>
#include <pthread.h>
#include <resolv.h>
#include <sched.h>
#include <string.h>
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

int clinux_dns_query(const char *name, int type, unsigned char *answer, int capacity) {
    struct __res_state state;
    memset(&state, 0, sizeof state);
    if (res_ninit(&state) != 0) return -1;
    int length = res_nquery(&state, name, C_IN, type, answer, capacity);
    res_nclose(&state);
    return length;
}
