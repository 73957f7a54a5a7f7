/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traits - the columns that describe a protocol exchange: flow, HTTP, DNS, TLS, file.
 *
 * Part of facts.h, split for size. Pure; a few ns a byte of the texts, which are read
 * up to 2 kB.
 */
#ifndef YG_FEATURE_TRAITS_H
#define YG_FEATURE_TRAITS_H

#include "event/batch.h"

/* Fill the FLOW group's columns of `row`, which are NaN before, with what `e` says. */
void yg_traits_fill(const struct yg_batch *b, const struct yg_event *e, float *row);

/* What a request's target looks like. */
struct yg_target_shape {
    uint32_t params, depth; /* parameters of the query; separators of the path */
    float odd;              /* share of bytes that ordinary targets rarely hold */
};
struct yg_target_shape yg_target_shape_of(struct yg_str target);

/* What a client calls itself: 0 nothing, 1 a browser, 2 a script or scanner, 3 other. */
float yg_agent_class(struct yg_str agent);

/* 1 GET, 2 POST, 3 HEAD, 4 other. */
float yg_method_class(struct yg_str method);

/* Is it an address, with or without a port? */
bool yg_host_is_address(struct yg_str host);

#endif
