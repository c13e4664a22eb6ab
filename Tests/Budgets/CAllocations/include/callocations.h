#pragma once

/// Counts the heap allocations of the calling thread between start and stop. Works in programs only, where the linker
/// prefers this malloc to glibc's.
struct callocations_count {
    /// Asked for by this program or the Swift runtime.
    long own;
    /// Asked for by a C library.
    long foreign;
};

void callocations_start(void);
struct callocations_count callocations_stop(void);

/// Writes the stack of each of the next `count` own allocations to stderr.
void callocations_trace(int count);
