#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The layer check finds planted mistakes.
cd "$(dirname "$0")/../.." && exec tools/check-layers --self-test
