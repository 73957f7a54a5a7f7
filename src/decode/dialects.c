/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/dialects.h"

#include "decode/log.h"

/* Sorted by name; of two that are equally sure the first is asked. */
const struct yg_dialect *const yg_dialects[] = {
#define YG_DIALECT(id) &yg_dialect_##id,
#include "decode/dialects.def"
#undef YG_DIALECT
    NULL,
};
