/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/filekind_priv.h"

#define ENTRIES_MAX 16

/* Bit 0 of an entry's flags (APPNOTE 4.4.4). Folders come first and are never locked. */
static bool zip_locked(struct yg_str s)
{
    size_t at = 0;

    for (int i = 0; i < ENTRIES_MAX && yg_file_has(s, at, YG_STR("PK\3\4")); i++) {
        struct yg_cursor c = yg_file_at(s, at + 6);
        if (yg_cursor_le16(&c) & 1)
            return true;
        (void)yg_cursor_take(&c, 10);
        uint32_t packed = yg_cursor_le32(&c);
        (void)yg_cursor_le32(&c);
        size_t skip = (size_t)yg_cursor_le16(&c);
        skip += yg_cursor_le16(&c);
        at = yg_file_find(s, at + 30 + skip + packed, YG_STR("PK\3\4"));
    }
    return false;
}

/* RAR 4: blocks of crc, type, flags, size [, size of data]. Headers locked: flag 0x80 of
 * the archive's block; a file: flag 4 of its block. */
static bool rar4_locked(struct yg_str s)
{
    size_t at = 7;

    for (int i = 0; i < ENTRIES_MAX; i++) {
        struct yg_cursor c = yg_file_at(s, at + 2);
        uint8_t type = yg_cursor_u8(&c);
        uint16_t flags = yg_cursor_le16(&c), size = yg_cursor_le16(&c);
        uint32_t data = flags & 0x8000 || type == 0x74 ? yg_cursor_le32(&c) : 0;
        if (!yg_cursor_ok(&c) || size < 7)
            return false;
        if ((type == 0x73 && flags & 0x80) || (type == 0x74 && flags & 4))
            return true;
        at += (size_t)size + data;
    }
    return false;
}

static uint64_t vint(struct yg_cursor *c)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 56; shift += 7) {
        uint8_t b = yg_cursor_u8(c);
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            break;
    }
    return v;
}

/* RAR 5: an encryption header (type 4), or an encryption record (1) in the extra area at
 * the end of a file's header (type 2). */
static bool rar5_locked(struct yg_str s)
{
    struct yg_cursor c = yg_file_at(s, 8);

    for (int i = 0; i < ENTRIES_MAX; i++) {
        (void)yg_cursor_le32(&c);
        uint64_t size = vint(&c);
        struct yg_str head = yg_cursor_take(&c, (size_t)size);
        struct yg_cursor h = yg_cursor_of(head.p, head.n);
        uint64_t type = vint(&h), flags = vint(&h);
        uint64_t extra = flags & 1 ? vint(&h) : 0, data = flags & 2 ? vint(&h) : 0;
        if (!yg_cursor_ok(&c) || !yg_cursor_ok(&h))
            return false;
        if (type == 4)
            return true;
        if (type == 2 && extra > 1 && extra <= head.n) {
            h = yg_file_at(head, head.n - (size_t)extra);
            (void)vint(&h);
            if (vint(&h) == 1 && yg_cursor_ok(&h))
                return true;
        }
        (void)yg_cursor_take(&c, (size_t)data);
    }
    return false;
}

/* 7z: the coder's name of AES-256 in the header at the end. */
static bool sevenzip_locked(struct yg_str s)
{
    struct yg_cursor c = yg_file_at(s, 12);
    uint64_t at = yg_cursor_le64(&c);

    if (!yg_cursor_ok(&c) || at >= s.n)
        return false;
    return yg_file_find(s, 32 + (size_t)at, YG_STR("\x06\xf1\x07\x01")) < s.n;
}

/* OLE2: the stream of an encrypted OOXML package, or the flag of a Word document. */
static bool ole_locked(struct yg_str s)
{
    static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
    struct yg_cursor c = yg_file_at(s, 512);
    uint16_t word = yg_cursor_le16(&c);

    (void)yg_cursor_take(&c, 8);
    uint16_t flags = yg_cursor_le16(&c);
    if (yg_cursor_ok(&c) && word == 0xa5ec && flags & 0x100)
        return true;
    return yg_file_find(s, 0, (struct yg_str){ name, sizeof(name) - 1 }) < s.n;
}

static bool pdf_locked(struct yg_str s)
{
    for (size_t at = 0; (at = yg_file_find(s, at, YG_STR("/Encrypt"))) < s.n; at++) {
        char next = at + 8 < s.n ? s.p[at + 8] : 'x';
        if (next == ' ' || next == '\r' || next == '\n' || next == '<')
            return true; /* not /EncryptMetadata */
    }
    return false;
}

bool yg_file_locked(struct yg_str s, unsigned kind)
{
    if (kind == YG_FILE_PDF)
        return pdf_locked(s);
    if (kind != YG_FILE_ARCHIVE && kind != YG_FILE_OFFICE)
        return false;
    if (yg_file_has(s, 0, YG_STR("PK\3\4")))
        return zip_locked(s);
    if (yg_file_has(s, 0, YG_STR("Rar!\x1a\x07\x00")))
        return rar4_locked(s);
    if (yg_file_has(s, 0, YG_STR("Rar!\x1a\x07\x01\x00")))
        return rar5_locked(s);
    if (yg_file_has(s, 0, YG_STR("7z\xbc\xaf\x27\x1c")))
        return sevenzip_locked(s);
    return yg_file_has(s, 0, YG_STR("\xd0\xcf\x11\xe0")) && ole_locked(s);
}
