#include "measure/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(const void *bytes, size_t n)
{
	const unsigned char *in = bytes;
	struct buf out = BUF_INIT;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t group = (uint32_t)in[i] << 16;

		if (i + 1 < n)
			group |= (uint32_t)in[i + 1] << 8;
		if (i + 2 < n)
			group |= in[i + 2];
		buf_addc(&out, alphabet[group >> 18]);
		buf_addc(&out, alphabet[group >> 12 & 63]);
		buf_addc(&out, i + 1 < n ? alphabet[group >> 6 & 63] : '=');
		buf_addc(&out, i + 2 < n ? alphabet[group & 63] : '=');
	}
	return buf_detach(&out);
}

static int digit_value(char c)
{
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

int base64_decode(const char *text, struct buf *ret)
{
	size_t n = strlen(text);
	size_t padding = n && text[n - 1] == '=' ? 1 + (n > 1 && text[n - 2] == '=') : 0;

	if (n % 4)
		return -1;
	for (size_t i = 0; i < n; i += 4) {
		size_t digits = i + 4 == n ? 4 - padding : 4;
		uint32_t group = 0;

		for (size_t k = 0; k < 4; k++) {
			int value = k < digits ? digit_value(text[i + k]) : 0;

			if (value < 0)
				return -1;
			group = group << 6 | (uint32_t)value;
		}
		for (size_t k = 0; k + 1 < digits; k++)
			buf_addc(ret, (char)(group >> (16 - 8 * k) & 0xff));
	}
	return 0;
}
