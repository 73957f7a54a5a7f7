/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show - a field of an event as text for people and answers. Pure.
 */
#ifndef YG_EVENT_SHOW_H
#define YG_EVENT_SHOW_H

#include "base/buf.h"
#include "event/batch.h"

/* Append the field's value, nothing when it is absent: text as it is (hostile bytes
 * included), numbers in decimal, times in RFC 3339, addresses in RFC 5952, of bytes how
 * many. */
void yg_event_show(struct yg_buf *out, const struct yg_batch *b, const struct yg_event *e,
                   enum yg_field f);

#endif
