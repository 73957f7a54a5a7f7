/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/json.h"

#include "decode/json_index.h"
#include "decode/json_trie.h"

#include <stdlib.h>

/* An object or array the walk is inside of. */
struct frame {
    uint16_t node; /* of the trie; NO_NODE: nothing in it is wanted */
    bool array;
    uint32_t elements; /* begun so far */
};

struct yg_json {
    struct yg_json_index *index;
    /* the walk: token i begins at text[at[i]]; at[count] is the text's length */
    const struct yg_json_paths *paths;
    const char *text;
    const uint32_t *at;
    uint32_t count, i;
    uint32_t depth;
    bool escapes; /* there is a backslash somewhere in the text */
    struct frame stack[YG_JSON_DEPTH];
    struct yg_json_hits hits;
};

enum yg_status yg_json_new(size_t max, struct yg_json **out)
{
    struct yg_json *j = calloc(1, sizeof(*j));

    if (!j || !(j->index = yg_json_index_new(max))) {
        free(j);
        return YG_ENOMEM;
    }
    *out = j;
    return YG_OK;
}

void yg_json_free(struct yg_json *j)
{
    if (!j)
        return;
    yg_json_index_free(j->index);
    free(j);
}

static inline char token(const struct yg_json *j)
{
    return j->i < j->count ? j->text[j->at[j->i]] : '\0';
}

/* Where the scalar of token i ends: blanks before the next token are not part of it. */
static inline uint32_t scalar_end(const struct yg_json *j, uint32_t i)
{
    uint32_t end = j->at[i + 1];

    while (end > j->at[i] + 1 && (j->text[end - 1] == ' ' || j->text[end - 1] == '\t' ||
                                  j->text[end - 1] == '\n' || j->text[end - 1] == '\r'))
        end--;
    return end;
}

static inline void hit(struct yg_json *j, uint16_t node, enum yg_json_type type,
                       struct yg_str text)
{
    unsigned slot = node == YG_JSON_NO_NODE ? 0 : j->paths->node[node].slot;

    if (slot == 0 || j->hits.where[slot - 1])
        return;
    struct yg_json_hit *h = &j->hits.hit[j->hits.count++];
    j->hits.where[slot - 1] = (uint8_t)j->hits.count;
    *h = (struct yg_json_hit){
        .value = { .text = text,
                   .at = j->i,
                   .type = (uint8_t)type,
                   .escaped = type == YG_JSON_STRING && j->escapes && text.n &&
                              memchr(text.p, '\\', text.n) },
        .slot = (uint8_t)(slot - 1),
    };
}

static int hex4(const char *p)
{
    int v = 0;

    for (int i = 0; i < 4; i++) {
        int c = (unsigned char)p[i],
            d = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        if (d < 0 || d > 15 || (c > '9' && d < 10))
            return -1;
        v = v << 4 | d;
    }
    return v;
}

static YG_NOINLINE bool escapes_ok(struct yg_str s)
{
    const char *p = s.p, *end = s.p + s.n;

    while (p < end && (p = memchr(p, '\\', (size_t)(end - p)))) {
        if (end - p < 2 || p[1] == '\0' || !strchr("\"\\/bfnrtu", p[1]))
            return false;
        if (p[1] == 'u' && (end - p < 6 || hex4(p + 2) < 0))
            return false;
        p += p[1] == 'u' ? 6 : 2;
    }
    return true;
}

/* The text between the quotes of the string at token i. The quotes are balanced, so the
 * last byte before the next token is the closing one or there is rubbish behind it. */
static inline bool string_at(const struct yg_json *j, struct yg_str *out)
{
    uint32_t start = j->at[j->i] + 1, end = j->at[j->i + 1];

    if (j->text[end - 1] != '"')
        end = scalar_end(j, j->i);
    if (end <= start || j->text[end - 1] != '"')
        return false;
    *out = (struct yg_str){ j->text + start, end - 1 - start };
    return !j->escapes || escapes_ok(*out);
}

static inline const char *digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

/* RFC 8259, section 6. */
static bool number_ok(const char *p, const char *end)
{
    if (p < end && *p == '-')
        p++;
    const char *from = p;
    p = digits(p, end);
    if (p == from || (*from == '0' && p - from > 1))
        return false;
    if (p < end && *p == '.') {
        from = ++p;
        if ((p = digits(p, end)) == from)
            return false;
    }
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        from = p;
        if ((p = digits(p, end)) == from)
            return false;
    }
    return p == end;
}

static enum yg_json_status scalar(struct yg_json *j, uint16_t node)
{
    struct yg_str s = { j->text + j->at[j->i], scalar_end(j, j->i) - j->at[j->i] };

    if (number_ok(s.p, s.p + s.n))
        hit(j, node, YG_JSON_NUMBER, s);
    else if (yg_str_eq(s, YG_STR("true")) || yg_str_eq(s, YG_STR("false")))
        hit(j, node, YG_JSON_BOOL, s);
    else if (!yg_str_eq(s, YG_STR("null")))
        return YG_JSON_BAD;
    j->i++;
    return YG_JSON_OK;
}

/* Enter the object or array at token i; an empty one is left again at once. */
static enum yg_json_status enter(struct yg_json *j, uint16_t node, bool array,
                                 bool *inside)
{
    if (j->depth == YG_JSON_DEPTH)
        return YG_JSON_TOO_DEEP;
    j->i++;
    if (array)
        hit(j, node, YG_JSON_ARRAY, (struct yg_str){ j->text + j->at[j->i - 1], 1 });
    *inside = token(j) != (array ? ']' : '}');
    if (*inside)
        j->stack[j->depth++] = (struct frame){ .node = node, .array = array };
    else
        j->i++;
    return YG_JSON_OK;
}

static inline enum yg_json_status value(struct yg_json *j, uint16_t node, bool *inside)
{
    char c = token(j);
    struct yg_str s;

    *inside = false;
    if (c == '"') {
        if (!string_at(j, &s))
            return YG_JSON_BAD;
        hit(j, node, YG_JSON_STRING, s);
        j->i++;
        return YG_JSON_OK;
    }
    if (c == '{' || c == '[')
        return enter(j, node, c == '[', inside);
    return j->i < j->count ? scalar(j, node) : YG_JSON_BAD;
}

/* The node of a key with dots in it, part by part. */
static YG_NOINLINE uint16_t flat_child(const struct yg_json *j, uint16_t node,
                                       struct yg_str key)
{
    while (key.p && node != YG_JSON_NO_NODE) {
        struct yg_str part = yg_str_cut(&key, '.');
        struct yg_json_key k = yg_json_key_of(part, part.n);
        node = yg_json_child(j->paths, node, &k);
    }
    return node;
}

/* A key with escapes is read like any other; one too long for the buffer is longer than
 * wanted keys are. */
static YG_NOINLINE uint16_t escaped_child(const struct yg_json *j, uint16_t node,
                                          struct yg_str key)
{
    char tmp[256];

    if (key.n > sizeof(tmp))
        return YG_JSON_NO_NODE;
    struct yg_str text = { tmp, yg_json_unescape(key, tmp) };
    struct yg_json_key k = yg_json_key_of(text, text.n);
    return yg_json_child(j->paths, node, &k);
}

static inline uint16_t member(const struct yg_json *j, uint16_t node, struct yg_str key)
{
    struct yg_json_key k =
        yg_json_key_of(key, j->at[j->count] - (size_t)(key.p - j->text));
    uint16_t child = yg_json_child(j->paths, node, &k);

    if (child != YG_JSON_NO_NODE)
        return child;
    if (j->escapes && key.n && memchr(key.p, '\\', key.n))
        return escaped_child(j, node, key);
    if (j->paths->flat && key.n && memchr(key.p, '.', key.n))
        return flat_child(j, node, key);
    return YG_JSON_NO_NODE;
}

static uint16_t numbered(const struct yg_json *j, uint16_t node, uint32_t index)
{
    char tmp[12];
    size_t n = sizeof(tmp);

    do
        tmp[--n] = (char)('0' + index % 10);
    while (index /= 10);
    struct yg_str text = { tmp + n, sizeof(tmp) - n };
    struct yg_json_key k = yg_json_key_of(text, text.n);
    uint16_t child = yg_json_child(j->paths, node, &k);
    return child != YG_JSON_NO_NODE ? child : node;
}

/* Step to the next value of the innermost container: which node is it? */
static inline bool element(struct yg_json *j, uint16_t *node)
{
    struct frame *f = &j->stack[j->depth - 1];
    struct yg_str key;

    *node = f->node;
    if (f->array) {
        if (f->node != YG_JSON_NO_NODE && j->paths->node[f->node].numbered)
            *node = numbered(j, f->node, f->elements);
        f->elements++;
        return true;
    }
    if (token(j) != '"' || !string_at(j, &key))
        return false;
    j->i++;
    if (token(j) != ':')
        return false;
    j->i++;
    if (f->node != YG_JSON_NO_NODE)
        *node = member(j, f->node, key);
    return true;
}

/* After a value: leave what closes here. False: neither that nor a comma. */
static inline bool leave(struct yg_json *j)
{
    while (j->depth > 0) {
        char c = token(j);
        j->i++;
        if (c == ',')
            return true;
        if (c != (j->stack[j->depth - 1].array ? ']' : '}'))
            return false;
        j->depth--;
    }
    return true;
}

static enum yg_json_status walk(struct yg_json *j, uint16_t node)
{
    for (;;) {
        bool inside;
        enum yg_json_status st = value(j, node, &inside);
        if (st != YG_JSON_OK)
            return st;
        if (!inside && !leave(j))
            return YG_JSON_BAD;
        if (j->depth == 0)
            return j->i == j->count ? YG_JSON_OK : YG_JSON_BAD;
        if (!element(j, &node))
            return YG_JSON_BAD;
    }
}

enum yg_json_status yg_json_walk(struct yg_json *j, const struct yg_json_paths *paths,
                                 struct yg_str text, const struct yg_json_hits **hits)
{
    enum yg_json_scan scan =
        yg_json_index_scan(j->index, text.p, text.n, &j->at, &j->count);

    if (scan != YG_JSON_SCAN_OK || j->count == 0)
        return scan == YG_JSON_SCAN_NOT_UTF8   ? YG_JSON_NOT_UTF8
               : scan == YG_JSON_SCAN_TOO_LONG ? YG_JSON_TOO_LONG
                                               : YG_JSON_BAD;
    j->paths = paths;
    j->text = text.p;
    j->i = j->depth = 0;
    j->escapes = memchr(text.p, '\\', text.n) != NULL;
    j->hits.count = 0;
    memset(j->hits.where, 0, sizeof(j->hits.where));
    bool object = token(j) == '{';
    enum yg_json_status st = walk(j, object ? 0 : YG_JSON_NO_NODE);
    if (st == YG_JSON_OK && !object)
        st = YG_JSON_NOT_OBJECT;
    if (st == YG_JSON_OK)
        *hits = &j->hits;
    return st;
}

/* Past the object whose brace is token i of a valid text. */
static uint32_t skip_object(const struct yg_json *j, uint32_t i)
{
    uint32_t depth = 0;

    do {
        char c = j->text[j->at[i++]];
        depth += c == '{';
        depth -= c == '}';
    } while (depth > 0 && i < j->count);
    return i;
}

bool yg_json_next(const struct yg_json *j, const struct yg_json_value *array,
                  uint64_t *state, struct yg_json_value *out)
{
    uint32_t i = *state ? (uint32_t)*state : array->at;
    uint32_t depth = (uint32_t)(*state >> 32); /* arrays opened inside this one */

    for (; i < j->count; i++) {
        char c = j->text[j->at[i]];
        if (c == '[')
            depth++;
        else if (c == ']' && depth-- == 0)
            return false;
        else if (c == '{')
            i = skip_object(j, i) - 1;
        else if (c != ',' && c != ']' && c != 'n')
            break;
    }
    if (i >= j->count)
        return false;
    struct yg_str s = { j->text + j->at[i], scalar_end(j, i) - j->at[i] };
    bool string = s.p[0] == '"';
    if (string)
        s.p++, s.n -= 2;
    *out = (struct yg_json_value){
        .text = s,
        .at = i,
        .type = string                           ? YG_JSON_STRING
                : s.p[0] == 't' || s.p[0] == 'f' ? YG_JSON_BOOL
                                                 : YG_JSON_NUMBER,
        .escaped = string && s.n && memchr(s.p, '\\', s.n),
    };
    *state = (uint64_t)depth << 32 | (i + 1);
    return true;
}

static size_t put_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* The code point of the \u escape at `*p`, which is moved past it. */
static uint32_t code_point(const char **p, const char *end)
{
    uint32_t c = (uint32_t)hex4(*p + 2);

    *p += 6;
    if (c < 0xd800 || c > 0xdfff)
        return c;
    if (c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        uint32_t low = (uint32_t)hex4(*p + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *p += 6;
            return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return 0xfffd;
}

size_t yg_json_unescape(struct yg_str text, char *out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    const char *p = text.p, *end = text.p + text.n;
    size_t n = 0;

    while (p < end) {
        const char *esc = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((esc ? esc : end) - p);
        memcpy(out + n, p, plain);
        n += plain;
        p += plain;
        if (!esc)
            break;
        if (p[1] == 'u') {
            n += put_utf8(code_point(&p, end), out + n);
            continue;
        }
        const char *at = strchr(from, p[1]);
        out[n++] = at ? to[at - from] : p[1];
        p += 2;
    }
    return n;
}

size_t yg_json_parse_only(struct yg_json *j, const struct yg_str *text, size_t n)
{
    size_t good = 0;

    for (size_t i = 0; i < n; i++)
        good += yg_json_index_dom(j->index, text[i].p, text[i].n);
    return good;
}
