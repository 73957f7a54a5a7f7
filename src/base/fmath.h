/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fmath - exp and log whose last bit does not depend on the machine's libm.
 *
 * Features and risks are compared bit for bit between replays, machines and builds;
 * libm may choose another kernel per CPU. Only IEEE additions, multiplications and
 * divisions are used here, in a fixed order, without contraction (-ffp-contract=off).
 * Relative error of exp below 1e-15, of log below 4e-16 of max(|log x|, 1). About 10 ns.
 * Pure.
 */
#ifndef YG_BASE_FMATH_H
#define YG_BASE_FMATH_H

/* e^x; 0 below -708, e^708 above 708; NaN for NaN. */
double yg_exp(double x);

/* Natural logarithm; -inf for 0, NaN for negative numbers and NaN, inf for inf. */
double yg_ln(double x);

/* Logarithm to base 2, yg_ln scaled. */
double yg_lb(double x);

/* The same for finite x >= 2^-1022 with an absolute error below 1e-7. About 3 ns. */
double yg_lb_rough(double x);

#endif
