#pragma once
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

// Settings of a live call; the library's own structure is full of what a call never sets.
typedef struct {
    int width, height, frames_per_second;
    int kilobits_per_second;
    int drop_threshold;  // percent
    int layers;          // temporal, 1 to 3
} cvpx_settings;

static inline vpx_codec_err_t cvpx_configuration(cvpx_settings settings, vpx_codec_enc_cfg_t *out) {
    vpx_codec_err_t status = vpx_codec_enc_config_default(vpx_codec_vp8_cx(), out, 0);
    if (status != VPX_CODEC_OK) return status;
    out->g_w = settings.width;
    out->g_h = settings.height;
    out->g_timebase.num = 1;
    out->g_timebase.den = settings.frames_per_second;
    out->g_threads = 1;
    out->g_lag_in_frames = 0;
    out->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    out->kf_mode = VPX_KF_DISABLED;
    out->rc_end_usage = VPX_CBR;
    out->rc_target_bitrate = settings.kilobits_per_second;
    out->rc_dropframe_thresh = settings.drop_threshold;
    out->rc_min_quantizer = 4;
    out->rc_max_quantizer = 56;
    out->rc_undershoot_pct = 100;
    out->rc_overshoot_pct = 15;
    out->rc_buf_initial_sz = 500;
    out->rc_buf_optimal_sz = 600;
    out->rc_buf_sz = 1000;
    // Rates of a layer and all below it, in percent; the frames of a period are shared out as in L1T2 and L1T3.
    static const int shares[4][3] = {{0}, {100}, {60, 100}, {40, 60, 100}};
    static const int order[4] = {0, 2, 1, 2};
    out->ts_number_layers = settings.layers;
    out->ts_periodicity = 1 << (settings.layers - 1);
    for (int layer = 0; layer < settings.layers; layer++) {
        unsigned int share = settings.kilobits_per_second * shares[settings.layers][layer] / 100;
        out->ts_target_bitrate[layer] = share ? share : 1;
        out->ts_rate_decimator[layer] = 1 << (settings.layers - 1 - layer);
    }
    for (unsigned int place = 0; place < out->ts_periodicity; place++) {
        out->ts_layer_id[place] = settings.layers == 3 ? order[place] : (int)place;
    }
    return VPX_CODEC_OK;
}

// The init functions are macros and the control function is variadic, which Swift cannot call.
static inline vpx_codec_err_t cvpx_encoder_init(vpx_codec_ctx_t *context, cvpx_settings settings) {
    vpx_codec_enc_cfg_t configuration;
    vpx_codec_err_t status = cvpx_configuration(settings, &configuration);
    return status == VPX_CODEC_OK ? vpx_codec_enc_init(context, vpx_codec_vp8_cx(), &configuration, 0) : status;
}
static inline vpx_codec_err_t cvpx_encoder_configure(vpx_codec_ctx_t *context, cvpx_settings settings) {
    vpx_codec_enc_cfg_t configuration;
    vpx_codec_err_t status = cvpx_configuration(settings, &configuration);
    return status == VPX_CODEC_OK ? vpx_codec_enc_config_set(context, &configuration) : status;
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
