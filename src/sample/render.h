/* SPDX-License-Identifier: Apache-2.0 */
/*
 * render - an item as the line of the device that saw it.
 *
 * One function a file; each appends one whole line with its newline. `scratch` is
 * memory that is reused from line to line.
 */
#ifndef YG_SAMPLE_RENDER_H
#define YG_SAMPLE_RENDER_H

#include "base/buf.h"
#include "sample/item.h"
#include "sample/world.h"

struct yg_sample_scratch {
    struct yg_buf text, ask, answer, payload, frame;
};

void yg_sample_scratch_init(struct yg_sample_scratch *s);
void yg_sample_scratch_fini(struct yg_sample_scratch *s);

void yg_sample_eve(struct yg_buf *out, struct yg_sample_scratch *s,
                   const struct yg_sample_world *w, const struct yg_sample_item *it);
void yg_sample_wazuh(struct yg_buf *out, struct yg_sample_scratch *s,
                     const struct yg_sample_world *w, const struct yg_sample_item *it);
void yg_sample_firewall(struct yg_buf *out, const struct yg_sample_world *w,
                        const struct yg_sample_item *it);
void yg_sample_access(struct yg_buf *out, struct yg_sample_scratch *s,
                      const struct yg_sample_world *w, const struct yg_sample_item *it);

/* The request and the answer of an HTTP item, from its seed; shared by the writers. */
struct yg_sample_http {
    struct yg_str method, uri, agent, status, type, body; /* borrowed from scratch */
    size_t length;
};
void yg_sample_http_of(struct yg_sample_http *h, struct yg_sample_scratch *s,
                       const struct yg_sample_world *w, const struct yg_sample_item *it);

extern const char yg_sample_firewall_header[];
extern const char yg_sample_firewall_map[];
extern const char yg_sample_web_map[];
extern const char yg_sample_readme[];

#endif
