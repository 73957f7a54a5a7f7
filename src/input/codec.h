/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec - bytes of a descriptor or in memory, decompressed.
 *
 * Plain, gzip, xz and zstd, told apart by their first bytes; concatenated members follow
 * each other as one stream. Memory is bounded whatever the stream asks for: an xz
 * dictionary or zstd window beyond YG_CODEC_MEMORY is refused. One thread at a time.
 */
#ifndef YG_INPUT_CODEC_H
#define YG_INPUT_CODEC_H

#include "base/err.h"
#include "base/str.h"

#include <stddef.h>

#define YG_CODEC_MEMORY (UINT64_C(128) << 20)

struct yg_codec;

/* Reads `fd`, which stays the caller's. NULL: no memory. */
struct yg_codec *yg_codec_new(int fd);
/* Reads `bytes`, borrowed until free. */
struct yg_codec *yg_codec_new_bytes(struct yg_str bytes);
void yg_codec_free(struct yg_codec *c);

/* Read 1 to `room` bytes; with an error, `*got` says how many were undone before it.
 * YG_OK; YG_EEND: the input has ended as it should; YG_EFORMAT:
 * the compressed stream is damaged or cut; YG_ELIMIT: it wants too much memory; YG_EIO;
 * YG_ENOMEM. */
enum yg_status yg_codec_read(struct yg_codec *c, void *out, size_t room, size_t *got,
                             struct yg_err *err) YG_MUST_USE;

#endif
