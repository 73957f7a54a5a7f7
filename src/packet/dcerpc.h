/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dcerpc - remote procedure calls of Windows, over TCP or inside a named pipe.
 *
 * Connection-oriented DCE/RPC (C706 chapter 12, MS-RPCE): who binds to which interface
 * and what is called, by name where the table dcerpc.def knows it. SMB gives what went
 * through a pipe as two streams made of pieces; plain TCP is its own. Reads hostile
 * bytes through yg_cursor; a few nanoseconds a byte. Any thread with its own arena.
 */
#ifndef YG_PACKET_DCERPC_H
#define YG_PACKET_DCERPC_H

#include "packet/app.h"

/* Where a stream's byte stands in the conversation; in order, the first one at 0. */
struct yg_rpc_piece {
    uint32_t at;    /* in yg_rpc_stream.bytes */
    uint32_t place; /* in the side's bytes */
};

struct yg_rpc_stream {
    struct yg_str bytes;
    const struct yg_rpc_piece *piece; /* NULL: at and place are the same */
    uint32_t pieces;
    bool cut; /* bytes are missing: what makes no sense is no fault of theirs */
};

struct yg_rpc_in {
    struct yg_rpc_stream to_callee, to_caller;
    uint8_t asker;      /* side of the conversation that to_callee goes along */
    struct yg_str host; /* of the exchanges */
    struct yg_str pipe; /* its name tells the interface when the bind was not seen */
};

/* Do these bytes begin with a PDU? */
bool yg_dcerpc_is(struct yg_str bytes);

/* Add an exchange for each bind and call. */
void yg_dcerpc_read(struct yg_talk *talk, struct yg_arena *arena,
                    const struct yg_rpc_in *in);

/* What a returned status means; see dcerpc.def. */
enum yg_rpc_result { YG_RPC_UNKNOWN, YG_RPC_WIN32, YG_RPC_NTSTATUS, YG_RPC_HRESULT };

struct yg_rpc_interface {
    const char *uuid, *name;
    uint8_t result; /* enum yg_rpc_result */
    uint32_t flags; /* enum yg_exchange_flag, of every call */
};

struct yg_rpc_call {
    const struct yg_rpc_interface *of;
    uint16_t opnum;
    const char *name;
    uint32_t flags; /* beside those of its interface */
};

/* NULL: not in the table. `uuid` is text of 36 lower-case characters. */
const struct yg_rpc_interface *yg_rpc_by_uuid(struct yg_str uuid);
const struct yg_rpc_interface *yg_rpc_by_pipe(struct yg_str name);
const struct yg_rpc_call *yg_rpc_call_of(const struct yg_rpc_interface *of,
                                         uint16_t opnum);

/* Classes that DCOM activates to run commands. */
struct yg_rpc_class {
    const char *clsid; /* its 16 bytes on the wire */
    const char *name;
    uint32_t flags;
};

/* The first of them whose identity stands in the stub of an activation; NULL: none. */
const struct yg_rpc_class *yg_rpc_class_in(struct yg_str stub);

/* What a returned status says, by the kind of its interface. */
uint8_t yg_rpc_answer(unsigned result, uint32_t status);

/* What an NT status says; for SMB, too. */
uint8_t yg_ntstatus_answer(uint32_t status);

#endif
