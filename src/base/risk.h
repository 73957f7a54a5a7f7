/* SPDX-License-Identifier: Apache-2.0 */
/*
 * risk - the probability that an alert is protected, as a 32-bit integer.
 *
 * Policies compare risks exactly, certificates are recomputed bit for bit, and what
 * matters happens at probabilities like 1e-9: so a risk is kept as log-odds, in equal
 * steps of 2^-26 over [-32, 32), and compared as an integer. Equal bits mean equal risk
 * on every machine: no libm function is used (base/fmath.h).
 *
 *      logit   -32 ........ 0 ........ 32 - 2^-26
 *      risk      0 ... 0x80000000 ... 0xffffffff
 *
 * Pure functions, a few nanoseconds each (yg_risk_of_prob: about 0.5 us).
 */
#ifndef YG_BASE_RISK_H
#define YG_BASE_RISK_H

#include <stdint.h>

#define YG_RISK_MAX       UINT32_MAX
#define YG_RISK_PER_LOGIT 67108864.0 /* 2^26 steps of risk to one unit of log-odds */

/* Rounded down to a step and clamped to the range; NaN is the highest risk, so that a
 * broken score can never close an alert. */
uint32_t yg_risk_of_logit(double logit);

/* The log-odds a risk stands for, exact: yg_risk_of_logit gives the risk back. */
double yg_risk_logit(uint32_t risk);

/* The probability: non-decreasing in `risk`, relative error below 1e-15. */
double yg_risk_prob(uint32_t risk);

/* The smallest risk whose probability is at least `p` (YG_RISK_MAX if none, or NaN). */
uint32_t yg_risk_of_prob(double p);

#endif
