# What we encode, an HdrHistogram library that is not ours decodes to the same counts and
# percentiles: npm's hdr-histogram-js. (The other direction is in unit/test_histogram.c.)

use strict;
use warnings FATAL => 'all';

use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Files;
use Test::More;

my $program = dirname($ENV{PGREHEARSE} || die 'PGREHEARSE names the program to test')
  . '/../tests/test_histogram';
plan skip_all => 'the unit tests are not built beside the program' unless -x $program;
plan skip_all => 'node and npm are not installed'
  if system('command -v node >/dev/null && command -v npm >/dev/null') != 0;

my $dir = tempdir(CLEANUP => 1);
my $said = qx(cd $dir && HOME=$dir timeout 120 npm install --no-audit --no-fund --silent hdr-histogram-js\@3 2>&1);
plan skip_all => "hdr-histogram-js cannot be installed from the npm registry: $said" if $? != 0;

spew("$dir/decode.js", <<'JS');
const hdr = require('hdr-histogram-js');
const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean);
const h = hdr.decodeFromCompressedBase64(lines[0], 64, false);
console.log('count ' + h.totalCount);
for (const line of lines.slice(2)) {
	const p = line.split(' ')[0];
	console.log(p + ' ' + h.getValueAtPercentile(Number(p)));
}
JS

my $ours = qx($program --print);
is($?, 0, 'a histogram was encoded');
spew("$dir/ours.txt", $ours);

my $theirs = qx(cd $dir && node decode.js < ours.txt);
is($?, 0, 'hdr-histogram-js decodes it');
my (undef, @ours) = split /\n/, $ours;
is_deeply([ split /\n/, $theirs ], \@ours, 'to the same count and percentiles');

done_testing();
