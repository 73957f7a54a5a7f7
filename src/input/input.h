/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input - a file or standard input, decompressed and cut into records.
 *
 * Reads plain, gzip, xz and zstd (known by their first bytes, concatenated members
 * included) from a descriptor that the core opened, so that the reading process needs
 * no right to open anything. Memory is fixed: a record longer than YG_RECORD_MAX is cut
 * there, skipped to its end and marked OVERSIZE, whatever its length. A damaged
 * compressed stream ends the input: what was read stays, the failure is reported once.
 */
#ifndef YG_INPUT_INPUT_H
#define YG_INPUT_INPUT_H

#include "base/err.h"
#include "event/batch.h"

enum yg_framing {
    YG_FRAME_LINES, /* one record a line; LF or CRLF; the last may lack it; with the lines
                     * before it that say what its columns are (input/stitch.h) */
    YG_FRAME_CSV,   /* RFC 4180: a quoted field may hold line ends */
    YG_FRAME_JSON,  /* a JSON object a line; or, if the input begins with '[' or with an
                     * object that goes over several lines, objects wherever they end;
                     * in {"Records":[..]} those of the array */
};

struct yg_input;

/* Start reading `fd` (which stays the caller's). YG_ENOMEM. */
enum yg_status yg_input_open(int fd, enum yg_framing framing,
                             struct yg_input **out) YG_MUST_USE;
void yg_input_close(struct yg_input *in);

/* Change the framing, before the first record is framed: what a peek showed may ask for
 * another. `delimiter` stands between the fields of YG_FRAME_CSV; 0: one of , ; TAB |. */
void yg_input_framing(struct yg_input *in, enum yg_framing framing, char delimiter);

/* Look at the first bytes (up to 64 KiB, decompressed) without consuming them. Borrowed
 * until the next call on `in`. Used to identify the format. */
enum yg_status yg_input_peek(struct yg_input *in, struct yg_str *out,
                             struct yg_err *err) YG_MUST_USE;

/* Fill an empty batch with records (raw without its line end, offset, line, reason);
 * `last` is set with the final one. YG_OK; YG_EEND: nothing was left, the batch is empty;
 * YG_EFORMAT, YG_ELIMIT: the compressed stream is damaged or wants too much memory, and
 * YG_EIO: in all three the records read before it are in the batch and valid, the record
 * it broke off in is marked TRUNCATED, `last` is set, and the input has ended.
 *
 * A quoted CSV field that never closes, or is followed by more text, would swallow the
 * records behind it; its first line is a record then (which no decoder can read) and the
 * lines up to that point are framed as lines. */
enum yg_status yg_input_frame(struct yg_input *in, struct yg_batch *b,
                              struct yg_err *err) YG_MUST_USE;

/* Bytes after decompression so far. */
uint64_t yg_input_bytes(const struct yg_input *in);

#endif
