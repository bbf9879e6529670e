/* compress.c - see compress.h. */
#include "compress.h"

#include <strings.h>
#include <zlib.h>

/* Of "gzip;q=0.5": whether it is more than nothing. */
static bool has_weight(const char *params, const char *end)
{
    const char *q = memmem(params, (size_t)(end - params), "q=", 2);
    for (q = q ? q + 2 : NULL; q && q < end; q++)
        if (*q >= '1' && *q <= '9')
            return true;
    return !memmem(params, (size_t)(end - params), "q=", 2);
}

bool aq_accepts_gzip(const char *accept)
{
    bool any = false, named = false, gzip = false;
    while (accept && *accept) {
        accept += strspn(accept, " \t,");
        size_t len = strcspn(accept, ","), name = strcspn(accept, " \t;,");
        const char *params = accept + (name < len ? name : len);
        if ((name == 4 && strncasecmp(accept, "gzip", 4) == 0) || (name == 6 && strncasecmp(accept, "x-gzip", 6) == 0)) {
            named = true;
            gzip = has_weight(params, accept + len);
        } else if (name == 1 && *accept == '*') {
            any = has_weight(params, accept + len);
        }
        accept += len;
    }
    return named ? gzip : any;
}

bool aq_gzip(struct aq_buf *out, struct aq_slice bytes)
{
    enum { LEVEL = 5, GZIP_WINDOW = 15 + 16, MEMORY = 8 };
    z_stream z = {0};
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    size_t most = deflateBound(&z, bytes.len);
    uint8_t *to = bytes.len <= UINT32_MAX && most <= UINT32_MAX ? aq_buf_reserve(out, most) : NULL;
    bool done = false;
    if (to) {
        z.next_in = (Bytef *)(uintptr_t)bytes.ptr;
        z.avail_in = (uInt)bytes.len;
        z.next_out = to;
        z.avail_out = (uInt)most;
        done = deflate(&z, Z_FINISH) == Z_STREAM_END;
        out->len += done ? z.total_out : 0;
    }
    deflateEnd(&z);
    return done;
}
