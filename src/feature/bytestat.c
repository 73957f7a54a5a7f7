/* SPDX-License-Identifier: Apache-2.0 */
#include "feature/bytestat.h"

#include "base/fmath.h"

#define LANES 4

/* Four histograms: equal neighbours do not wait for each other's store (speed only). */
static void count(const unsigned char *p, size_t n, uint32_t h[LANES][256])
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        h[0][p[i]]++;
        h[1][p[i + 1]]++;
        h[2][p[i + 2]]++;
        h[3][p[i + 3]]++;
    }
    for (; i < n; i++)
        h[0][p[i]]++;
}

static bool is_printable(unsigned c)
{
    return (c >= 0x20 && c <= 0x7e) || c == '\t' || c == '\r' || c == '\n';
}

struct yg_bytestat yg_bytestat_of(struct yg_str bytes)
{
    uint32_t h[LANES][256] = { 0 };
    size_t n = bytes.n < YG_BYTESTAT_MAX ? bytes.n : YG_BYTESTAT_MAX;
    uint32_t printable = 0, zero;
    double sum = 0;

    if (n == 0)
        return (struct yg_bytestat){ 0 };
    count((const unsigned char *)bytes.p, n, h);
    zero = h[0][0] + h[1][0] + h[2][0] + h[3][0];
    for (unsigned c = 0; c < 256; c++) {
        uint32_t k = h[0][c] + h[1][c] + h[2][c] + h[3][c];
        if (k == 0)
            continue;
        if (is_printable(c))
            printable += k;
        if (k > 1) /* speed only: 1 * log2(1) is 0 */
            sum += (double)k * yg_lb_rough((double)k);
    }
    double size = (double)n, entropy = yg_lb_rough(size) - sum / size;
    return (struct yg_bytestat){ .entropy = entropy > 1e-6 ? (float)entropy : 0,
                                 .printable = (float)((double)printable / size),
                                 .zero = (float)((double)zero / size) };
}
