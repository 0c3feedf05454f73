# Whole files as strings, for tests and benchmarks.
package Files;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(slurp spew);

# slurp($path), slurp($path, ':encoding(UTF-8)')
sub slurp
{
	my ($path, $layer) = @_;
	open my $file, '<' . ($layer // ''), $path or die "cannot open $path: $!\n";
	local $/;
	return scalar <$file>;
}

# Returns the path, so that a file can be written where it is named.
sub spew
{
	my ($path, $text, $layer) = @_;
	open my $file, '>' . ($layer // ''), $path or die "cannot write $path: $!\n";
	print {$file} $text;
	close $file or die "cannot write $path: $!\n";
	return $path;
}

1;
