/*
 * The interchange format V2 of HdrHistogram, as its Java and C implementations define it.
 * All integers are big-endian.
 *
 *     compressed:  int32 cookie 0x1c849314, int32 length, zlib stream of the payload
 *     payload:     int32 cookie 0x1c849313, int32 length of the counts, int32 normalizing index
 *                  offset (0), int32 digits, int64 lowest, int64 highest, double conversion ratio
 *                  (1.0), counts
 *     The offset and the ratio describe the writer's memory, not the counts, and are not read.
 *     counts:      one ZigZag LEB128 number per cell in value order, up to the last used one: at
 *                  most 9 bytes, the ninth carries 8 bits; -n stands for n empty cells
 */
#include "base/mem.h"
#include "measure/base64.h"
#include "measure/histogram.h"
#include "measure/histogram_layout.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

#define COOKIE_PAYLOAD    UINT32_C(0x1c849313)
#define COOKIE_COMPRESSED UINT32_C(0x1c849314)
#define COOKIE_WORD_BITS                                                                           \
	UINT32_C(0xf0) /* the word size of the writer; it does not matter in V2                        \
	                */
#define PAYLOAD_HEADER    40
#define PAYLOAD_MAX_BYTES ((size_t)64 << 20)

static void put_int(struct buf *out, uint64_t value, int bytes)
{
	for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
		buf_addc(out, (char)(value >> shift & 0xff));
}

static uint64_t get_int(const unsigned char *in, int bytes)
{
	uint64_t value = 0;

	for (int i = 0; i < bytes; i++)
		value = value << 8 | in[i];
	return value;
}

static void put_zigzag(struct buf *out, int64_t number)
{
	uint64_t value = (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);

	for (int i = 0; i < 8; i++) {
		if (value < 0x80) {
			buf_addc(out, (char)value);
			return;
		}
		buf_addc(out, (char)((value & 0x7f) | 0x80));
		value >>= 7;
	}
	buf_addc(out, (char)value);
}

/* Bytes read, 0 when the input ends within the number. */
static size_t get_zigzag(const unsigned char *in, size_t n, int64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = 0; i < n && i < 9; i++) {
		value |= (uint64_t)(i < 8 ? in[i] & 0x7f : in[i]) << (7 * i);
		if (in[i] < 0x80 || i == 8) {
			*ret = (int64_t)(value >> 1 ^ -(value & 1));
			return i + 1;
		}
	}
	return 0;
}

static void put_counts(struct buf *out, const struct histogram *h)
{
	size_t end = h->total ? h->max_index + 1 : 0;

	for (size_t i = 0; i < end;) {
		size_t zeros = 0;

		while (i + zeros < end && !h->counts[i + zeros])
			zeros++;
		if (zeros) {
			put_zigzag(out, zeros == 1 ? 0 : -(int64_t)zeros);
			i += zeros;
		} else {
			put_zigzag(out, (int64_t)h->counts[i]);
			i++;
		}
	}
}

static void encode_payload(const struct histogram *h, struct buf *out)
{
	_cleanup_buf_ struct buf counts = BUF_INIT;
	double ratio = 1.0;
	uint64_t bits;

	put_counts(&counts, h);
	memcpy(&bits, &ratio, sizeof(bits));
	put_int(out, COOKIE_PAYLOAD, 4);
	put_int(out, counts.len, 4);
	put_int(out, 0, 4);
	put_int(out, (uint64_t)h->digits, 4);
	put_int(out, h->lowest, 8);
	put_int(out, h->highest, 8);
	put_int(out, bits, 8);
	buf_add(out, counts.data ? counts.data : "", counts.len);
}

char *histogram_encode_base64(const struct histogram *histogram, struct err *err)
{
	_cleanup_buf_ struct buf payload = BUF_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_free_ unsigned char *packed = NULL;
	uLongf packed_bytes;

	encode_payload(histogram, &payload);
	packed_bytes = compressBound(payload.len);
	packed = xmalloc(packed_bytes);
	if (compress2(packed, &packed_bytes, (const Bytef *)payload.data, payload.len,
	        Z_DEFAULT_COMPRESSION) != Z_OK) {
		err_set(err, ERR_BUG, "zlib cannot compress a histogram of %zu bytes", payload.len);
		return NULL;
	}
	put_int(&out, COOKIE_COMPRESSED, 4);
	put_int(&out, packed_bytes, 4);
	buf_add(&out, packed, packed_bytes);
	return base64_encode(out.data, out.len);
}

static int bad(struct err *err, const char *what)
{
	return err_set(
	    err, ERR_USAGE, "not a histogram in HdrHistogram's compressed V2 encoding: %s", what);
}

static int inflate_payload(const struct buf *packed, struct buf *payload, struct err *err)
{
	z_stream stream = {0};
	unsigned char chunk[16384];
	int rc = Z_OK;

	stream.next_in = (Bytef *)packed->data + 8;
	stream.avail_in = (uInt)(packed->len - 8);
	if (inflateInit(&stream) != Z_OK)
		return err_set(err, ERR_BUG, "zlib cannot be initialised");
	while (rc == Z_OK && payload->len <= PAYLOAD_MAX_BYTES) {
		stream.next_out = chunk;
		stream.avail_out = sizeof(chunk);
		rc = inflate(&stream, Z_NO_FLUSH);
		if (rc == Z_OK || rc == Z_STREAM_END)
			buf_add(payload, chunk, sizeof(chunk) - stream.avail_out);
	}
	inflateEnd(&stream);
	return rc == Z_STREAM_END ? 0 : bad(err, "its zlib stream is damaged, cut off or too long");
}

static int decode_counts(const unsigned char *in, size_t n, struct histogram *h, struct err *err)
{
	size_t index = 0, at = 0;

	while (at < n) {
		int64_t number;
		size_t used = get_zigzag(in + at, n - at, &number);

		if (!used)
			return bad(err, "its counts are cut off");
		at += used;
		if (number < 0) {
			if (number == INT64_MIN || (uint64_t)-number > h->n_counts - index)
				return bad(err, "it has more cells than its range");
			index += (size_t)-number;
			continue;
		}
		if (index >= h->n_counts)
			return bad(err, "it has more cells than its range");
		histogram_add_to_cell(h, index++, (uint64_t)number);
	}
	return 0;
}

static struct histogram *decode_payload(const struct buf *payload, struct err *err)
{
	const unsigned char *in = (const unsigned char *)payload->data;
	struct histogram *h;
	uint64_t counts_bytes, digits;

	if (payload->len < PAYLOAD_HEADER ||
	    (get_int(in, 4) & ~COOKIE_WORD_BITS) != (COOKIE_PAYLOAD & ~COOKIE_WORD_BITS)) {
		bad(err, "its payload has another cookie");
		return NULL;
	}
	counts_bytes = get_int(in + 4, 4);
	digits = get_int(in + 12, 4);
	if (counts_bytes > payload->len - PAYLOAD_HEADER || digits > 5) {
		bad(err, "its header is damaged");
		return NULL;
	}
	h = histogram_new(get_int(in + 16, 8), get_int(in + 24, 8), (int)digits, err);
	if (!h) {
		bad(err, "its range is not possible");
		return NULL;
	}
	if (decode_counts(in + PAYLOAD_HEADER, counts_bytes, h, err) < 0) {
		histogram_free(h);
		return NULL;
	}
	return h;
}

struct histogram *histogram_decode_base64(const char *text, struct err *err)
{
	_cleanup_buf_ struct buf packed = BUF_INIT;
	_cleanup_buf_ struct buf payload = BUF_INIT;
	const unsigned char *in;

	if (base64_decode(text, &packed) < 0 || packed.len < 8) {
		bad(err, "it is not base64 text");
		return NULL;
	}
	in = (const unsigned char *)packed.data;
	if ((get_int(in, 4) & ~COOKIE_WORD_BITS) != (COOKIE_COMPRESSED & ~COOKIE_WORD_BITS)) {
		bad(err, "it has another cookie");
		return NULL;
	}
	if (get_int(in + 4, 4) > packed.len - 8) {
		bad(err, "it is cut off");
		return NULL;
	}
	if (inflate_payload(&packed, &payload, err) < 0)
		return NULL;
	return decode_payload(&payload, err);
}
