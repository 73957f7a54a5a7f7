/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dcerpc_pdu - the framing of connection-oriented DCE/RPC, for packet/dcerpc.
 *
 * Finds the PDUs of a stream, also behind holes, and puts the fragments of one message
 * together. Hostile bytes only through yg_cursor and checked slices. Any thread.
 */
#ifndef YG_PACKET_DCERPC_PDU_H
#define YG_PACKET_DCERPC_PDU_H

#include "base/cursor.h"
#include "packet/dcerpc.h"
#include "packet/slice.h"

/* Types of C706 12.6 and MS-RPCE. */
enum yg_rpc_type {
    YG_RPC_REQUEST = 0,
    YG_RPC_RESPONSE = 2,
    YG_RPC_FAULT = 3,
    YG_RPC_BIND = 11,
    YG_RPC_BIND_ACK = 12,
    YG_RPC_BIND_NAK = 13,
    YG_RPC_ALTER = 14,
    YG_RPC_ALTER_RESP = 15,
    YG_RPC_AUTH3 = 16,
    YG_RPC_SHUTDOWN = 17,
    YG_RPC_CANCEL = 18,
    YG_RPC_ORPHANED = 19
};

enum { YG_RPC_FIRST_FRAG = 1, YG_RPC_LAST_FRAG = 2, YG_RPC_HAS_OBJECT = 0x80 };

#define YG_RPC_HEAD_SIZE 16 /* what every PDU begins with */
#define YG_RPC_CALL_SIZE 24 /* the same with what a request, response or fault adds */

struct yg_rpc_pdu {
    uint32_t at, len; /* in the stream; len as far as it is there */
    uint32_t call;
    uint16_t frag, auth; /* announced lengths */
    uint8_t type, flags;
    bool big;  /* big-endian integers */
    bool used; /* an answer that has its question */
};

struct yg_rpc_pdus {
    const struct yg_rpc_stream *of;
    struct yg_rpc_pdu *pdu;
    uint32_t count;
};

/* What a request or response carries: all its fragments together. */
struct yg_rpc_stub {
    struct yg_str bytes;
    bool sealed; /* under privacy: cannot be read */
    bool cut;
    bool big;
    uint32_t last; /* index of its last fragment */
};

static inline uint16_t yg_rpc_u16(struct yg_cursor *c, bool big)
{
    return big ? yg_cursor_be16(c) : yg_cursor_le16(c);
}

static inline uint32_t yg_rpc_u32(struct yg_cursor *c, bool big)
{
    return big ? yg_cursor_be32(c) : yg_cursor_le32(c);
}

/* Read the head of the PDU at `at`. Strict, because it is also the probe. */
bool yg_rpc_head(struct yg_str bytes, size_t at, struct yg_rpc_pdu *p);

/* List the PDUs of `s` into `out`. False: the arena is full. `*broken` is set when bytes
 * that should be PDUs are none. */
bool yg_rpc_list(const struct yg_rpc_stream *s, struct yg_arena *arena,
                 struct yg_rpc_pdus *out, bool *broken) YG_MUST_USE;

/* Where the bytes from `from` up to `to` of the stream stand in their side of the
 * conversation; of pieces that lie apart all from the first to the last. */
void yg_rpc_place(const struct yg_rpc_stream *s, uint32_t from, uint32_t to, uint32_t *at,
                  uint32_t *len);

/* The stub that begins in pdu[first]; its further fragments are marked as used. */
struct yg_rpc_stub yg_rpc_gather(const struct yg_rpc_pdus *l, uint32_t first,
                                 struct yg_arena *arena);

#endif
