/* SPDX-License-Identifier: Apache-2.0 */
/*
 * showpart - what both forms of packet/show.h are made of: packets with their
 * conversations, pieces of streams in the order of time, names. Pure.
 */
#ifndef YG_PACKET_SHOWPART_H
#define YG_PACKET_SHOWPART_H

#include "base/buf.h"
#include "packet/analysis.h"
#include "packet/capfile.h"
#include "packet/show.h"

#define YG_SHOW_LINES 2000U
#define YG_SHOW_ROW   16U /* bytes a line of hex */

/* A packet and where it belongs. */
struct yg_shown {
    struct yg_frame frame;
    struct yg_packet packet;
    uint32_t number;  /* of all frames, from 1 */
    int64_t since_ns; /* the first frame */
    int talk;         /* -1: none */
    uint8_t side;
};

struct yg_show_walk {
    struct yg_str pcap;
    size_t at;
    uint32_t number;
    int64_t first_ns;
};

/* The next packet that `show` asks for; false: no more. */
bool yg_shown_next(const struct yg_analysis *a, const struct yg_show *show,
                   struct yg_show_walk *w, struct yg_shown *out);

/* Pieces of a conversation's streams: neighbours of one direction are one piece. */
struct yg_piece {
    uint32_t at[YG_SIDES]; /* private */
    uint8_t side;
    uint32_t from, len;
    int64_t time_ns;
};

/* Start with zeros. */
bool yg_piece_next(const struct yg_talk *k, const struct yg_show *show,
                   struct yg_piece *p);

/* The time from which all others count: of the first frame, else of the first talk. */
int64_t yg_show_start(const struct yg_analysis *a, struct yg_str pcap);

/* Does `show` ask for conversation `i`? */
bool yg_show_wants(const struct yg_analysis *a, const struct yg_show *show, uint32_t i);

/* The end of the unmarked or marked part of `side` that begins at `from`, at most `to`.
 * `*mark`: the mark it is of; NULL: unmarked. */
uint32_t yg_marked_until(const struct yg_analysis *a, uint32_t talk, uint8_t side,
                         uint32_t from, uint32_t to, const struct yg_mark **mark);

/* ">>> kind: sentence", and when in the session it was. */
void yg_show_mark(struct yg_buf *out, const struct yg_mark *m);

/* Things that a person would read as the same: told once, with a count. */
typedef bool yg_same_f(const struct yg_analysis *a, uint32_t i, uint32_t j);
yg_same_f yg_same_trace;  /* lone packets of conversations between the same ends */
yg_same_f yg_same_intent; /* word for word */
yg_same_f yg_same_mark;   /* one kind of evidence, one side, one server */

/* Is `i` the first of its like among `n`? `*more`: how many follow. */
bool yg_show_first(const struct yg_analysis *a, uint32_t i, uint32_t n, yg_same_f *same,
                   unsigned *more);

/* How much of it reads as text: all, a head before binary content (it ends with an empty
 * line), or nothing. */
size_t yg_text_part(struct yg_str bytes);

/* One line of hex: offset, bytes, characters; without a line end. */
void yg_hex_row(struct yg_buf *out, struct yg_str bytes, size_t at);

void yg_show_flags(struct yg_buf *out, uint8_t tcp_flags); /* SA, PA, - */
void yg_show_proto(struct yg_buf *out, uint8_t proto);     /* tcp, udp, 47 */
/* 10.0.0.1:80, [::1]:80; ICMP: the address only. */
void yg_show_end(struct yg_buf *out, const struct yg_talk *k, bool server);
/* What the application says in this packet: "GET /x", "404"; nothing when nothing. */
void yg_show_word(struct yg_buf *out, const struct yg_analysis *a,
                  const struct yg_shown *s);
void yg_show_anomalies(struct yg_buf *out, uint64_t anomalies); /* names, commas */
void yg_show_peels(struct yg_buf *out, uint32_t what);          /* names, commas */
const char *yg_answer_name(unsigned answer);
/* The same, but told apart: none came, or the capture lacks it. */
const char *yg_show_answer(const struct yg_talk *k, const struct yg_exchange *x);

#endif
