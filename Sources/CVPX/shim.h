#pragma once
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

// The init functions are macros and the control function is variadic, which Swift cannot call.
static inline vpx_codec_err_t cvpx_encoder_init(vpx_codec_ctx_t *context, const vpx_codec_enc_cfg_t *settings) {
    return vpx_codec_enc_init(context, vpx_codec_vp8_cx(), settings, 0);
}
static inline vpx_codec_err_t cvpx_decoder_init(vpx_codec_ctx_t *context) {
    vpx_codec_dec_cfg_t settings = {1, 0, 0};
    return vpx_codec_dec_init(context, vpx_codec_vp8_dx(), &settings, 0);
}
static inline vpx_codec_err_t cvpx_set(vpx_codec_ctx_t *context, int request, int value) {
    return vpx_codec_control_(context, request, value);
}
static inline vpx_codec_err_t cvpx_get(vpx_codec_ctx_t *context, int request, int *value) {
    return vpx_codec_control_(context, request, value);
}
