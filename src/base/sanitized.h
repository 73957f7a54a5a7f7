/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sanitized - is this build under a sanitizer?
 *
 * A sanitizer opens files and pipes to look at objects and to write its report, so the
 * sandbox lets these through in such builds, and tests do not hold them against it. gcc
 * and clang tell in different ways. A constant.
 */
#ifndef YG_BASE_SANITIZED_H
#define YG_BASE_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define YG_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define YG_SANITIZED 1
#endif
#endif
#ifndef YG_SANITIZED
#define YG_SANITIZED 0
#endif

#endif
