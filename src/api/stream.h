/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream - changes of the queue as they happen: server-sent events for programs and
 * consoles that do not want to ask again and again.
 *
 *      event: queue
 *      data: {"waiting":12,"judged":40,"alerts":51234,"closed":0}
 *
 * One at the beginning, one when a number has changed (looked at once a second), a
 * comment every 15 s besides. Of the tenants of who asks; every 10 s he is asked for
 * again, and the stream ends when his session or token has. At most YG_STREAMS_MAX. In
 * the server's thread; a look is two to four small queries.
 */
#ifndef YG_API_STREAM_H
#define YG_API_STREAM_H

#include "base/buf.h"

#define YG_STREAMS_MAX 64

/* For yg_http_options; `arg` is a struct yg_api. */
bool yg_api_stream(void *arg, void *stream, struct yg_buf *out);
void yg_api_stream_end(void *arg, void *stream);

#endif
