/* SPDX-License-Identifier: Apache-2.0 */
/*
 * openapi - the API described in OpenAPI 3.1, made from the tables that serve it. Pure.
 */
#ifndef YG_API_OPENAPI_H
#define YG_API_OPENAPI_H

#include "base/buf.h"

void yg_openapi(struct yg_buf *out);

#endif
