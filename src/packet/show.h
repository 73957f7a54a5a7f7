/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show - the packets of an alert before a person's eyes: text for a terminal, JSON for
 * the API.
 *
 * Four views: a summary (outcome with its evidence, intents, conversations, exchanges,
 * packets), hex, ASCII, and the streams with their encodings peeled and the evidence
 * between [[ and ]]. Every byte of the capture is made visible (base/text.h), lines and
 * bytes are capped, and what is left out is said. Times count from the first frame. Pure
 * but for the buffer; any thread with its own analysis.
 */
#ifndef YG_PACKET_SHOW_H
#define YG_PACKET_SHOW_H

#include "base/jsonw.h"
#include "packet/analysis.h"

enum yg_show_what { YG_SHOW_SUMMARY, YG_SHOW_HEX, YG_SHOW_ASCII, YG_SHOW_STREAM };
enum yg_show_way { YG_SHOW_BOTH, YG_SHOW_TO_SERVER, YG_SHOW_TO_CLIENT };

struct yg_show {
    uint8_t what;   /* enum yg_show_what */
    uint8_t way;    /* enum yg_show_way */
    bool all;       /* every conversation; else the alert's own, if it is there */
    uint32_t lines; /* at most; 0: 2000. Of JSON: packets, and pieces of streams */
};

/* `pcap`: the frames that `a` was made of, as yg_pcap_* writes them (a single packet,
 * too); may be empty. */
void yg_show_text(struct yg_buf *out, const struct yg_analysis *a, struct yg_str pcap,
                  const struct yg_show *show);

/* One object. */
void yg_show_json(struct yg_jsonw *w, const struct yg_analysis *a, struct yg_str pcap,
                  const struct yg_show *show);

#endif
