/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/filekind_priv.h"

#include "base/status.h"

struct magic {
    uint16_t at;
    uint8_t kind;
    struct yg_str bytes;
};

#define M(at, kind, text)                                                                \
    {                                                                                    \
        at, YG_FILE_##kind,                                                              \
        {                                                                                \
            text, sizeof(text) - 1                                                       \
        }                                                                                \
    }
/* Signatures that decide alone: four bytes or more, or bytes that no text begins with. */
static const struct magic magics[] = {
    M(0, ELF, "\x7f\x45LF"),
    M(0, SERIALIZED, "\xac\xed\x00\x05"),
    M(0, SERIALIZED,
      "\x00\x01\x00\x00\x00\xff\xff\xff\xff\x01\x00\x00\x00\x00\x00\x00\x00"),
    M(0, ARCHIVE, "Rar!\x1a\x07"),
    M(0, ARCHIVE, "7z\xbc\xaf\x27\x1c"),
    M(0, ARCHIVE, "\x1f\x8b\x08"),
    M(0, ARCHIVE, "\xfd\x37zXZ\x00"),
    M(0, ARCHIVE, "\x28\xb5\x2f\xfd"),
    M(0, ARCHIVE, "\x04\x22\x4d\x18"),
    M(0, ARCHIVE, "LZIP\x01"),
    M(0, ARCHIVE, "MSCF\x00\x00\x00\x00"),
    M(0, ARCHIVE, "!<arch>\n"),
    M(0, ARCHIVE, "\xed\xab\xee\xdb"),
    M(0, ARCHIVE, "070701"),
    M(0, ARCHIVE, "xar!\x00"),
    M(0, ARCHIVE, "Cr24\x02"),
    M(0, ARCHIVE, "Cr24\x03"),
    M(0, ARCHIVE, "conectix"),
    M(0, ARCHIVE, "\x1f\x9d\x90"),
    M(7, ARCHIVE, "**ACE**"),
    M(257, ARCHIVE, "ustar"),
    M(0, OFFICE, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    M(0, OFFICE, "{\\rtf"),
    M(0, OFFICE, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"),
    M(0, IMAGE, "\x89PNG\r\n\x1a\n"),
    M(0, IMAGE, "GIF87a"),
    M(0, IMAGE, "GIF89a"),
    M(0, IMAGE, "\xff\xd8\xff"),
    M(0, IMAGE, "II*\x00"),
    M(0, IMAGE, "MM\x00*"),
    M(0, IMAGE, "8BPS\x00\x01"),
    M(0, IMAGE, "\xd7\xcd\xc6\x9a"),
    M(40, IMAGE, " EMF"),
    M(0, IMAGE, "\x00\x00\x00\x0cjP  \r\n"),
    M(0, IMAGE, "\x00\x00\x00\x0cJXL \r\n"),
    M(0, MEDIA, "OggS\x00"),
    M(0, MEDIA, "fLaC\x00"),
    M(0, MEDIA, "ID3\x02"),
    M(0, MEDIA, "ID3\x03"),
    M(0, MEDIA, "ID3\x04"),
    M(0, MEDIA, "\x1a\x45\xdf\xa3"),
    M(0, MEDIA, "FLV\x01"),
    M(0, MEDIA, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"),
    M(0, MEDIA, "\x00\x00\x01\xba"),
    M(0, MEDIA, "\x00\x00\x01\xb3"),
    M(0, MEDIA, "MThd\x00\x00\x00\x06"),
    M(0, FONT, "wOFF"),
    M(0, FONT, "wOF2"),
    M(0, FONT, "OTTO\x00"),
    M(0, FONT, "ttcf\x00"),
    M(34, FONT, "LP\x00\x00"),
    M(0, SHORTCUT,
      "L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"),
};
#undef M

/* MZ alone begins texts, too: the header must point at PE, NE, LE or LX, or past what is
 * here but near. */
static bool is_pe(struct yg_str s)
{
    if (!yg_file_has(s, 0, YG_STR("MZ")))
        return false;
    struct yg_cursor c = yg_file_at(s, 2), e = yg_file_at(s, 0x3c);
    uint16_t last = yg_cursor_le16(&c), pages = yg_cursor_le16(&c);
    uint32_t at = yg_cursor_le32(&e);
    bool sane = yg_cursor_ok(&c) && last <= 512 && pages > 0 && pages < 0x4000;
    if (!yg_cursor_ok(&e))
        return sane && s.n >= 6; /* cut before the header says more */
    if (at >= 0x40 && at < 0x10000 && at + 4 > s.n)
        return sane;
    return yg_file_has(s, at, YG_STR("PE\0\0")) || yg_file_has(s, at, YG_STR("NE")) ||
           yg_file_has(s, at, YG_STR("LE\0\0")) || yg_file_has(s, at, YG_STR("LX\0\0"));
}

/* CAFEBABE begins a Java class (minor, major version) and a fat Mach-O (count). */
static unsigned babe_kind(struct yg_str s)
{
    struct yg_cursor c = yg_file_at(s, 4);
    uint16_t minor = yg_cursor_be16(&c), major = yg_cursor_be16(&c);

    if (!yg_cursor_ok(&c) || !yg_file_has(s, 0, YG_STR("\xca\xfe\xba\xbe")))
        return YG_FILE_UNKNOWN;
    if (major >= 45 && major < 120 && (minor <= 3 || minor == 0xffff))
        return YG_FILE_JAVA;
    return minor == 0 && major > 0 && major < 20 ? YG_FILE_MACHO : YG_FILE_UNKNOWN;
}

static bool is_macho(struct yg_str s)
{
    static const char thin[][5] = { "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf",
                                    "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe" };

    if (s.n < 16)
        return false;
    for (size_t i = 0; i < YG_ARRAY_LEN(thin); i++)
        if (memcmp(s.p, thin[i], 4) == 0)
            return true;
    return false;
}

/* The name of the zip entry at `*at`, which moves to the next; {NULL, 0}: no more. */
static struct yg_str zip_entry(struct yg_str s, size_t *at)
{
    struct yg_cursor c = yg_file_at(s, *at);

    if (!yg_str_eq(yg_cursor_take(&c, 4), YG_STR("PK\3\4")))
        return YG_STR_NONE;
    (void)yg_cursor_take(&c, 14);
    uint32_t packed = yg_cursor_le32(&c);
    (void)yg_cursor_le32(&c);
    uint16_t name = yg_cursor_le16(&c), extra = yg_cursor_le16(&c);
    struct yg_str s_name = yg_cursor_take(&c, name);
    *at = yg_file_find(s, *at + 30 + name + extra + packed, YG_STR("PK\3\4"));
    return s_name;
}

static unsigned zip_kind(struct yg_str s)
{
    static const char *const office[] = {
        "[Content_Types].xml", "_rels/", "docProps/", "word/", "xl/", "ppt/", "mimetype"
    };
    size_t at = 0;

    for (int entry = 0; entry < 8; entry++) {
        struct yg_str name = zip_entry(s, &at);
        if (name.n == 0)
            break;
        for (size_t i = 0; i < YG_ARRAY_LEN(office); i++)
            if (yg_str_starts(name, yg_str_of(office[i])))
                return YG_FILE_OFFICE;
    }
    return YG_FILE_ARCHIVE;
}

static bool is_bitmap(struct yg_str s)
{
    struct yg_cursor c = yg_file_at(s, 10);
    uint32_t pixels = yg_cursor_le32(&c), header = yg_cursor_le32(&c);

    return yg_file_has(s, 0, YG_STR("BM")) && yg_cursor_ok(&c) && pixels < 0x10000 &&
           header >= 12 && header <= 124;
}

static bool is_icon(struct yg_str s)
{
    struct yg_cursor c = yg_file_at(s, 4);
    uint16_t count = yg_cursor_le16(&c);

    (void)yg_cursor_take(&c, 3);
    uint8_t zero = yg_cursor_u8(&c);
    return (yg_file_has(s, 0, YG_STR("\0\0\1\0")) ||
            yg_file_has(s, 0, YG_STR("\0\0\2\0"))) &&
           yg_cursor_ok(&c) && count > 0 && count <= 64 && zero == 0;
}

/* DER: a sequence of a plausible length that begins with a sequence, a small number or a
 * status (certificates, requests, key stores, OCSP). */
static bool is_der(struct yg_str s)
{
    struct yg_cursor c = yg_file_at(s, 2);
    uint16_t length = yg_cursor_be16(&c);
    uint8_t tag = yg_cursor_u8(&c), inner = yg_cursor_u8(&c);

    return yg_file_has(s, 0, YG_STR("\x30\x82")) && yg_cursor_ok(&c) && length >= 64 &&
           length + 4U + 512U > s.n &&
           ((tag == 0x30 && (inner >= 0x80 || inner < 0x40)) ||
            (tag == 0x02 && inner == 1) || (tag == 0x0a && inner == 1));
}

static unsigned box_kind(struct yg_str s)
{
    static const char *const image[] = { "avif", "avis", "heic", "heix", "mif1", "crx " };

    if (yg_file_has(s, 0, YG_STR("RIFF")))
        return yg_file_has(s, 8, YG_STR("WEBP")) ? YG_FILE_IMAGE : YG_FILE_MEDIA;
    if (!yg_file_has(s, 4, YG_STR("ftyp")))
        return yg_file_has(s, 4, YG_STR("moof")) || yg_file_has(s, 4, YG_STR("styp"))
                   ? YG_FILE_MEDIA
                   : YG_FILE_UNKNOWN;
    for (size_t i = 0; i < YG_ARRAY_LEN(image); i++)
        if (yg_file_has(s, 8, yg_str_of(image[i])))
            return YG_FILE_IMAGE;
    return YG_FILE_MEDIA;
}

/* Flash, MPEG audio and transport streams, TrueType, bzip2, pickle: short signatures that
 * need a second look. */
static unsigned short_kind(struct yg_str s)
{
    struct yg_cursor c = yg_cursor_of(s.p, s.n);
    uint8_t a = yg_cursor_u8(&c), b = yg_cursor_u8(&c), d = yg_cursor_u8(&c),
            e = yg_cursor_u8(&c);

    if (!yg_cursor_ok(&c))
        return YG_FILE_UNKNOWN;
    if ((a == 'F' || a == 'C' || a == 'Z') && b == 'W' && d == 'S' && e > 0 && e < 64)
        return YG_FILE_MEDIA;
    if (a == 0xff && (b & 0xe6) == 0xe2 && (d >> 4) != 15 && (d & 12) != 12)
        return YG_FILE_MEDIA;
    if (a == 0x47 && s.n > 376 && s.p[188] == 0x47 && s.p[376] == 0x47)
        return YG_FILE_MEDIA;
    if (yg_file_has(s, 0, YG_STR("\0\1\0\0\0")) && s.n > 12 && s.p[5] > 3 && s.p[5] < 64)
        return YG_FILE_FONT;
    if (a == 'B' && b == 'Z' && d == 'h' && e >= '1' && e <= '9' &&
        yg_file_has(s, 4, YG_STR("\x31\x41\x59\x26\x53\x59")))
        return YG_FILE_ARCHIVE;
    if (a == 0x80 && b >= 2 && b <= 5 && (d == 0x95 || d == '}' || d == 'c' || d == ']'))
        return YG_FILE_SERIALIZED;
    return YG_FILE_UNKNOWN;
}

static unsigned binary_kind(struct yg_str s)
{
    unsigned kind;

    for (size_t i = 0; i < YG_ARRAY_LEN(magics); i++)
        if (yg_file_has(s, magics[i].at, magics[i].bytes))
            return magics[i].kind;
    if (is_pe(s))
        return YG_FILE_PE;
    if ((kind = babe_kind(s)) != YG_FILE_UNKNOWN)
        return kind;
    if (is_macho(s))
        return YG_FILE_MACHO;
    if (yg_file_has(s, 0, YG_STR("PK\3\4")))
        return zip_kind(s);
    if (yg_file_has(s, 0, YG_STR("PK\5\6")) || yg_file_has(s, 0, YG_STR("PK\7\x8")))
        return YG_FILE_ARCHIVE;
    if (is_bitmap(s) || is_icon(s))
        return YG_FILE_IMAGE;
    if ((kind = box_kind(s)) != YG_FILE_UNKNOWN)
        return kind;
    if (is_der(s))
        return YG_FILE_CERTIFICATE;
    return short_kind(s);
}

unsigned yg_file_kind_of(struct yg_str s)
{
    struct yg_str head = { s.p, s.n < 4096 ? s.n : 4096 };

    if (s.n == 0)
        return YG_FILE_EMPTY;
    unsigned kind = binary_kind(head);
    if (kind != YG_FILE_UNKNOWN)
        return kind;
    head.n = head.n < 1024 ? head.n : 1024;
    if (yg_file_find(head, 0, YG_STR("%PDF-")) < head.n)
        return YG_FILE_PDF;
    return yg_file_text_kind(s);
}
