#include "base/utf8.h"

static size_t announced_bytes(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >> 5 == 0x06)
		return 2;
	if (first >> 4 == 0x0e)
		return 3;
	return first >> 3 == 0x1e ? 4 : 0;
}

size_t utf8_sequence_bytes(const char *s, size_t n)
{
	static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *bytes = (const unsigned char *)s;
	size_t len = announced_bytes(bytes[0]);
	unsigned code;

	if (len <= 1 || len > n)
		return len <= n ? len : 0;
	code = bytes[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (bytes[i] >> 6 != 2)
			return 0;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	return len;
}

size_t utf8_valid_bytes(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n) {
		size_t len = utf8_sequence_bytes(s + i, n - i);

		if (len == 0)
			break;
		i += len;
	}
	return i;
}
