/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smb - what the parts of the SMB decoder share: messages, trees, open files.
 *
 * smb.c finds the messages of both directions and pairs them; smb1.c and smb2.c read a
 * pair; smb_file.c remembers shares and files, gathers what was written and read, and
 * hands named pipes to packet/dcerpc.h. To a caller the decoder is yg_smb_probe and
 * yg_smb_parse of packet/app.h. Hostile bytes only through yg_cursor and checked slices;
 * every table has a cap. Any thread with its own arena.
 */
#ifndef YG_PACKET_SMB_H
#define YG_PACKET_SMB_H

#include "base/cursor.h"
#include "packet/app.h"
#include "packet/slice.h"

#define YG_SMB_TREES_MAX 64
#define YG_SMB_FILES_MAX 512
#define YG_SMB_ID_SIZE   16

/* What begins with 0xff, 0xfe, 0xfd and 0xfc before "SMB". */
enum yg_smb_kind { YG_SMB_V1, YG_SMB_V2, YG_SMB_SEALED, YG_SMB_COMPRESSED };

struct yg_smb_msg {
    struct yg_str bytes; /* from its header, as far as it is there */
    uint32_t at;         /* of the header, in the side's bytes */
    uint32_t whole;      /* announced length */
    uint32_t status, tree;
    uint64_t id; /* message id; of SMB1 multiplex and process id */
    uint16_t command;
    uint8_t kind; /* enum yg_smb_kind */
    bool reply, used;
    bool unicode, nt_status; /* SMB1 */
};

struct yg_smb_tree {
    uint32_t id;
    struct yg_str host, share;
    bool pipes, admin;
};

/* Bytes that were written to a file, or read from it. */
struct yg_smb_part {
    struct yg_smb_part *next;
    struct yg_str bytes;
    uint32_t place; /* in the side's bytes */
};

struct yg_smb_flow {
    struct yg_smb_part *first, *last;
    uint32_t parts, kept;         /* parts, and the bytes in them */
    uint64_t next;                /* offset at which the next bytes are expected */
    uint64_t total;               /* bytes kept and not */
    struct yg_exchange *exchange; /* NULL: not made */
};

struct yg_smb_file {
    unsigned char id[YG_SMB_ID_SIZE];
    struct yg_str path, pipe, host; /* as told to people; the pipe's bare name */
    bool is_pipe, rpc, admin, listed;
    struct yg_smb_flow in, out; /* written to it; read from it */
};

struct yg_smb {
    struct yg_talk *talk;
    struct yg_arena *arena;
    uint8_t asker;
    struct yg_smb_tree tree[YG_SMB_TREES_MAX];
    uint32_t trees; /* ever seen; the table is a ring */
    struct yg_smb_file *file[YG_SMB_FILES_MAX];
    uint32_t files;
    struct yg_smb_file *last; /* what a related request means */
    uint64_t last_transaction;
};

/* A question, its answer, or both (one may be NULL). */
struct yg_smb_pair {
    const struct yg_smb_msg *ask, *answer;
};

/* smb.c. The bytes at a place that the message itself names; outside of it: none, an
 * anomaly. */
struct yg_str yg_smb_slice_said(struct yg_smb *s, const struct yg_smb_msg *m, size_t at,
                                size_t n);
/* A new exchange of this pair. `flags` say how much it matters: what has none stops
 * early, so that logins, uploads and calls find room. NULL: no room. */
struct yg_exchange *yg_smb_add(struct yg_smb *s, struct yg_smb_pair p, struct yg_str verb,
                               uint32_t flags);
/* Who logs in with this security blob, or with a ticket to what; and who answers. */
void yg_smb_login(struct yg_smb *s, struct yg_exchange *x, struct yg_str ask,
                  struct yg_str answer);
bool yg_smb_ok(const struct yg_smb_msg *m);

/* smb1.c, smb2.c */
void yg_smb1_pair(struct yg_smb *s, struct yg_smb_pair p);
void yg_smb2_pair(struct yg_smb *s, struct yg_smb_pair p);

/* smb_file.c */
const struct yg_smb_tree *yg_smb_tree_of(const struct yg_smb *s, uint32_t id);
/* Tree connect to \\server\share. */
void yg_smb_tree_connect(struct yg_smb *s, struct yg_smb_pair p, struct yg_str path);
/* An operation on a name in a share; its path as told to people is the target. */
struct yg_exchange *yg_smb_named(struct yg_smb *s, struct yg_smb_pair p,
                                 struct yg_str verb, struct yg_str name, uint32_t flags);
/* A file was asked to be opened; `id` is empty when the answer gave none. */
void yg_smb_create(struct yg_smb *s, struct yg_smb_pair p, struct yg_str name,
                   struct yg_str id);
/* The open file with this id; made when its opening was not seen. NULL: no room. */
struct yg_smb_file *yg_smb_file_of(struct yg_smb *s, const struct yg_smb_msg *m,
                                   struct yg_str id);
/* Bytes written to, or read from, a file at `offset`. */
void yg_smb_write(struct yg_smb *s, struct yg_smb_pair p, struct yg_smb_file *f,
                  uint64_t offset, struct yg_str bytes);
void yg_smb_read(struct yg_smb *s, struct yg_smb_pair p, struct yg_smb_file *f,
                 uint64_t offset, struct yg_str bytes);
/* Bodies put together, pipes parsed. */
void yg_smb_finish(struct yg_smb *s);

#endif
