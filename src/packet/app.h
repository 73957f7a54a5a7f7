/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app - which protocol a conversation speaks, and its questions and answers.
 *
 * By content first, by port only where content says nothing. One row a protocol in
 * app.c: probe and parse; a decoder is one file. Decoders read hostile bytes through
 * yg_cursor, keep at most YG_EXCHANGES_MAX exchanges and stop at the first thing that
 * makes no sense (anomaly APP_BROKEN), keeping what was understood. Pure but for the
 * arena. Any thread with its own arena.
 */
#ifndef YG_PACKET_APP_H
#define YG_PACKET_APP_H

#include "base/arena.h"
#include "packet/talk.h"

#define YG_EXCHANGES_MAX 128
#define YG_BODY_MAX      (256U * 1024U) /* of one decoded body */

/* Set app, exchange, exchanges, hello and anomalies of `talk`. */
void yg_app_parse(struct yg_talk *talk, struct yg_arena *arena);

struct yg_app_decoder {
    uint8_t app;      /* enum yg_app_id */
    uint16_t port[6]; /* that the protocol owns; 0 ends the list */
    /* May this conversation be of the protocol? By content alone; never by port. */
    bool (*probe)(const struct yg_talk *talk);
    void (*parse)(struct yg_talk *talk, struct yg_arena *arena);
};
extern const struct yg_app_decoder yg_app_decoders[];
extern const size_t yg_app_decoder_count;

/* Does a protocol own this port? (Ports that clients take by chance own nothing.) */
bool yg_port_owned(uint16_t port);

/* For decoders: room for one more exchange, zeroed, status -1; NULL: cap or memory (the
 * anomaly is set). */
struct yg_exchange *yg_app_exchange(struct yg_talk *talk, struct yg_arena *arena);
/* When did the byte at `at` of this side come? 0: not known. */
int64_t yg_side_time(const struct yg_side *s, uint32_t at);

#define YG_APP_DECODER(name)                                                             \
    bool yg_##name##_probe(const struct yg_talk *talk);                                  \
    void yg_##name##_parse(struct yg_talk *talk, struct yg_arena *arena);
YG_APP_DECODER(http)
YG_APP_DECODER(dns)
YG_APP_DECODER(tls)
YG_APP_DECODER(tlslate) /* behind something else, when nobody knows what */
YG_APP_DECODER(ssh)
YG_APP_DECODER(ftp)
YG_APP_DECODER(smtp)
YG_APP_DECODER(rdp)
YG_APP_DECODER(ldap)
YG_APP_DECODER(smb)
YG_APP_DECODER(dcerpc)
YG_APP_DECODER(kerberos)
#undef YG_APP_DECODER

#endif
