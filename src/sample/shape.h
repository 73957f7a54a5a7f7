/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape - what records look like: one table a kind of device.
 *
 * A row is a signature of ours with the texts that go with it, as templates (text.h).
 * `ok` texts are used when an attacker succeeds; an absent one means that success does
 * not show there. Noise and attacks refer to the same rows. Constant data.
 */
#ifndef YG_SAMPLE_SHAPE_H
#define YG_SAMPLE_SHAPE_H

#include <stdint.h>

enum yg_sample_shape {
    YG_S_NONE, /* ends a list */
#define IDS(id, ...) YG_S_##id,
#include "sample/shape_ids.def"
#undef IDS
    YG_S_IDS_END,
    YG_S_BEFORE_HOST = YG_S_IDS_END - 1,
#define HOST(id, ...) YG_S_##id,
#include "sample/shape_host.def"
#undef HOST
    YG_S_HOST_END,
    YG_S_BEFORE_WALL = YG_S_HOST_END - 1,
#define WALL(id, ...) YG_S_##id,
#include "sample/shape_wall.def"
#undef WALL
    YG_S_COUNT,
    /* Choices of attacks, attack.c: one of several shapes. */
    YG_S_POOL = 1000,
};

enum yg_sample_app { YG_APP_HTTP, YG_APP_DNS, YG_APP_TLS, YG_APP_TCP, YG_APP_UDP };
enum yg_sample_dir { YG_DIR_C2S, YG_DIR_S2C }; /* which packet fired */

struct yg_sample_ids {
    uint32_t sid;
    uint16_t variants; /* sid, sid + 1, ... */
    uint8_t severity;  /* 1 high .. 3 low */
    uint8_t app, dir;
    uint16_t port;
    const char *category, *name;
    /* HTTP: "METHOD uri"; DNS: name; TLS: server name; TCP, UDP: payload */
    const char *ask, *ask_ok;
    /* HTTP: user agent; DNS: type; TLS: issuer */
    const char *with, *with_ok;
    const char *body; /* HTTP: request body */
    /* HTTP: "status|type|body"; DNS: answer; TCP, UDP: what the server says */
    const char *answer, *answer_ok;
};

struct yg_sample_hostrule {
    uint32_t rule;
    uint8_t level; /* 0 .. 15 */
    const char *description, *groups;
    const char *mitre; /* "id|tactic|technique", or NULL */
    const char *program, *location;
    const char *log, *log_ok;
    const char *data; /* JSON members, ` for " */
};

struct yg_sample_wall {
    uint32_t event;
    uint8_t severity; /* 1 .. 10 */
    uint16_t port;
    const char *name, *action, *action_ok;
    uint32_t out_lo, out_hi, out_ok_lo, out_ok_hi; /* bytes sent */
    const char *message, *message_ok;
};

extern const struct yg_sample_ids yg_sample_ids[];
extern const struct yg_sample_hostrule yg_sample_hostrule[];
extern const struct yg_sample_wall yg_sample_wall[];

static inline const struct yg_sample_ids *yg_sample_ids_of(unsigned shape)
{
    return &yg_sample_ids[shape - 1];
}

static inline const struct yg_sample_hostrule *yg_sample_host_of(unsigned shape)
{
    return &yg_sample_hostrule[shape - YG_S_IDS_END];
}

static inline const struct yg_sample_wall *yg_sample_wall_of(unsigned shape)
{
    return &yg_sample_wall[shape - YG_S_HOST_END];
}

/* The server's port, 0: any. */
static inline uint16_t yg_sample_port(unsigned shape)
{
    return shape < YG_S_IDS_END    ? yg_sample_ids_of(shape)->port
           : shape < YG_S_HOST_END ? (uint16_t)22
                                   : yg_sample_wall_of(shape)->port;
}

/* Web attacks: the variant is product * classes + class. Variants from FRESH on are
 * published in the middle of the period and unknown before. */
#define YG_SAMPLE_WEB_CLASSES  8
#define YG_SAMPLE_WEB_PRODUCTS 20
#define YG_SAMPLE_WEB_VARIANTS (YG_SAMPLE_WEB_CLASSES * YG_SAMPLE_WEB_PRODUCTS)
#define YG_SAMPLE_WEB_FRESH    (YG_SAMPLE_WEB_CLASSES * 13)

struct yg_sample_webclass {
    const char *name, *uri, *body, *answer_ok;
};
extern const struct yg_sample_webclass yg_sample_webclass[YG_SAMPLE_WEB_CLASSES];
extern const char *const yg_sample_webproduct[YG_SAMPLE_WEB_PRODUCTS];

#endif
