/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ip - addresses as 16 bytes; IPv4 is mapped into ::ffff:0:0/96 (RFC 4291, 2.5.5.2).
 */
#ifndef YG_EVENT_IP_H
#define YG_EVENT_IP_H

#include "base/str.h"

#define YG_IP_SIZE     16
#define YG_IP_TEXT_MAX 46

/* Dotted quad or RFC 4291 text, a zone id ("%eth0") is dropped. */
bool yg_ip_parse(struct yg_str text, unsigned char out[YG_IP_SIZE]);

/* RFC 5952 text; IPv4 in dotted form. Returns `out`. */
const char *yg_ip_text(const unsigned char ip[YG_IP_SIZE], char out[YG_IP_TEXT_MAX]);

bool yg_ip_is_v4(const unsigned char ip[YG_IP_SIZE]);

/* Not routed on the internet: RFC 1918, RFC 6598, loopback, link-local, ULA
 * (RFC 4193), unspecified, and documentation prefixes as labs use them. */
bool yg_ip_is_internal(const unsigned char ip[YG_IP_SIZE]);

/* Multicast or broadcast: nobody's address. */
bool yg_ip_is_group(const unsigned char ip[YG_IP_SIZE]);

/* The network a host shares with its neighbours: /24 of IPv4, /64 of IPv6. */
void yg_ip_net(const unsigned char ip[YG_IP_SIZE], unsigned char out[YG_IP_SIZE]);

#endif
