/* SPDX-License-Identifier: Apache-2.0 */
/* version - the one place that says it. */
#ifndef YG_YAGURA_VERSION_H
#define YG_YAGURA_VERSION_H

#define YG_VERSION "0.1.0"

#endif
