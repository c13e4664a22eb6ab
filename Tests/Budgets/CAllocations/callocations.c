#define _GNU_SOURCE  // dladdr
#include "callocations.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

// glibc's own, under the names it keeps for this purpose.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static __thread int counting;
static __thread struct callocations_count allocations;
static __thread int traces;

// Whether the code at `caller` is this program's or Swift's.
static int is_own(void *caller) {
    Dl_info there, here;
    if (!dladdr(caller, &there) || !dladdr((void *)callocations_start, &here)) return 1;
    return there.dli_fbase == here.dli_fbase || strstr(there.dli_fname, "/libswift") != NULL;
}

static void note(void *caller) {
    if (!counting) return;
    counting = 0;
    if (!is_own(caller)) {
        allocations.foreign++;
    } else {
        allocations.own++;
        if (traces > 0) {
            traces--;
            void *frames[24];
            backtrace_symbols_fd(frames, backtrace(frames, 24), STDERR_FILENO);
            (void)!write(STDERR_FILENO, "\n", 1);
        }
    }
    counting = 1;
}

void callocations_start(void) {
    allocations = (struct callocations_count){0, 0};
    counting = 1;
}

struct callocations_count callocations_stop(void) {
    counting = 0;
    return allocations;
}

void callocations_trace(int count) {
    void *frame[1];
    backtrace(frame, 1);  // loads its library now
    traces = count;
}

void *malloc(size_t size) {
    note(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    note(__builtin_return_address(0));
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    note(__builtin_return_address(0));
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    note(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    note(__builtin_return_address(0));
    void *memory = __libc_memalign(alignment, size);
    if (!memory) return ENOMEM;
    *out = memory;
    return 0;
}
