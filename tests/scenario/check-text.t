#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The text rules find planted mistakes, and only those.
cd "$(dirname "$0")/../.." && exec tools/check-text --self-test
