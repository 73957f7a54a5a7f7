/* SPDX-License-Identifier: Apache-2.0 */
/*
 * burst - a signature closes far more than it used to: stop and let people look.
 *
 * For each (tenant, signature) the closed alerts of an hour are forecast from the past
 * (exponentially weighted mean and variance of hourly counts, the hour of the day for
 * signatures with a daily habit). When the count of this hour leaves the forecast (more
 * than YG_BURST_FLOOR and beyond mean + 6 standard deviations of a Poisson mixture), the
 * rest of the hour stays open; a breaker that stands for a day becomes the new habit. A
 * model gone wrong, or an attacker who found a hole, cannot close more than one such
 * amount an hour.
 *
 * Depends on event times and order only: live and replay are the same calls. Memory is
 * fixed (a set-associative table of `cap` signatures; past it the one longest idle gives
 * way, and a signature without a past may close YG_BURST_FLOOR alerts in its first hour).
 * About 50 ns an alert. One per tenant, one thread at a time.
 */
#ifndef YG_POLICY_BURST_H
#define YG_POLICY_BURST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Closed alerts an hour that are no burst whatever the past. */
#define YG_BURST_FLOOR 200
/* Of a tenant, whose closing is forecast. */
#define YG_BURST_SIGNATURES 16384

struct yg_bursts;

struct yg_bursts *yg_bursts_new(size_t cap); /* NULL: no memory */
void yg_bursts_free(struct yg_bursts *b);

/* An alert of `signature` would close: may it? Counts it. */
bool yg_bursts_hold(struct yg_bursts *b, uint64_t signature, int64_t time_ns);
/* The same without changing anything: for display. */
double yg_bursts_forecast(const struct yg_bursts *b, uint64_t signature);

uint64_t yg_bursts_tripped(const struct yg_bursts *b);

#endif
