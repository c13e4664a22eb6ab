#pragma once
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

/// struct mmsghdr, which glibc shows only under _GNU_SOURCE.
struct clinux_mmsghdr {
    struct msghdr msg_hdr;
    unsigned int msg_len;
};

int clinux_recvmmsg(int fd, struct clinux_mmsghdr *messages, unsigned count, int flags);
int clinux_sendmmsg(int fd, struct clinux_mmsghdr *messages, unsigned count, int flags);

/// Gives the calling thread SCHED_FIFO with this priority; returns 0 or an errno value.
int clinux_make_realtime(int priority);

/// CPU time of the calling thread in nanoseconds.
long long clinux_thread_cpu_time(void);

/// Asks the system's name servers for records of a type, class IN. Waits. Returns the length of the answer, which may be
/// more than fits, or -1.
int clinux_dns_query(const char *name, int type, unsigned char *answer, int capacity);
