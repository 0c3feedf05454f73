#include "judge/distributions.h"

#include <float.h>
#include <math.h>

double normal_upper_tail(double z)
{
	return 0.5 * erfc(z / M_SQRT2);
}

/* The root of tail(x) = target for a decreasing tail; 200 halvings are below rounding. */
static double invert(double (*tail)(double x, double parameter), double parameter, double target)
{
	double low = -1, high = 1;

	while (tail(low, parameter) < target && low > -1e8)
		low *= 2;
	while (tail(high, parameter) > target && high < 1e8)
		high *= 2;
	for (int i = 0; i < 200 && high - low > 1e-13 * (fabs(low) + fabs(high)); i++) {
		double middle = (low + high) / 2;

		if (tail(middle, parameter) > target)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

static double normal_tail(double z, double unused)
{
	(void)unused;
	return normal_upper_tail(z);
}

double normal_upper_quantile(double tail)
{
	return invert(normal_tail, 0, tail);
}

/* Continued fraction of the incomplete beta function by Lentz's method (Abramowitz and Stegun,
 * 26.5.8), which converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1), result;

	d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
	result = d;
	for (int m = 1; m <= 500; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double step;

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
		result *= c * d;
		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
		step = c * d;
		result *= step;
		if (fabs(step - 1) < 1e-15)
			break;
	}
	return result;
}

/* The regularised incomplete beta function I_x(a, b); y is 1 - x, given apart for precision. */
static double beta_share(double x, double y, double a, double b)
{
	double front;

	if (x <= 0)
		return 0;
	if (y <= 0)
		return 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(x, a, b) / a;
	return 1 - front * beta_fraction(y, b, a) / b;
}

double student_upper_tail(double t, double degrees)
{
	double x, tail;

	if (isinf(t))
		return t > 0 ? 0 : 1;
	x = degrees / (degrees + t * t);
	tail = 0.5 * beta_share(x, t * t / (degrees + t * t), degrees / 2, 0.5);
	return t >= 0 ? tail : 1 - tail;
}

double student_upper_quantile(double tail, double degrees)
{
	return invert(student_upper_tail, degrees, tail);
}

double fair_coin_upper_tail(double k, double n)
{
	if (k <= 0)
		return 1;
	return k > n ? 0 : beta_share(0.5, 0.5, k, n - k + 1);
}

double poisson_upper_tail(double n, double mean)
{
	double term = exp(-mean), below = 0;

	if (n <= 0)
		return 1;
	if (mean <= 0)
		return 0;
	if (mean > 500) /* Normal with continuity correction: the sum would underflow */
		return normal_upper_tail((n - 0.5 - mean) / sqrt(mean));
	for (double k = 0; k < n; k++) {
		below += term;
		term *= mean / (k + 1);
	}
	return below < 1 ? 1 - below : 0;
}

double sequence_score(double alpha, double k, double k_max)
{
	double a = 2 * alpha;
	double rho2 = (-2 * log(a) + log(1 - 2 * log(a))) / (k_max / 4);
	double spread = k * rho2 + 1;

	return sqrt(2 * spread / (k * rho2) * log(sqrt(spread) / a));
}
