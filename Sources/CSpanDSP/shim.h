#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <spandsp/telephony.h>
#include <spandsp/g722.h>
#include <spandsp/bit_operations.h>
#include <spandsp/g711.h>
#include <spandsp/private/g722.h>

// The struct is flat: no pointers in it.
static inline void cspandsp_g722_encoder_copy(g722_encode_state_t *to, const g722_encode_state_t *from) { *to = *from; }
