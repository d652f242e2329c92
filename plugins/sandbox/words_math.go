package sandbox

import "fanflow/plugins/reference"

// mathWords describe mathFunctions and mathValues.
var mathWords = reference.Module{
	Name:  "math",
	Doc:   "Numbers. Chance is the decision's own: a decision that is repeated throws the same dice.",
	DocZH: "数学。随机数由这次决定的种子产生：重做同一次决定，结果相同。",
	Funcs: []reference.Func{
		fn("abs(x: number): number", "Without its sign.", "绝对值。"),
		fn("acos(x: number): number", "The arc cosine, in radians.", "反余弦，单位弧度。"),
		fn("asin(x: number): number", "The arc sine, in radians.", "反正弦，单位弧度。"),
		fn("atan(x: number): number", "The arc tangent, in radians.", "反正切，单位弧度。"),
		fn("atan2(y: number, x: number): number", "The angle of the point (x, y), in radians.", "点 (x, y) 的角度，单位弧度。"),
		fn("ceil(x: number): number", "The next whole number that is not smaller.", "向上取整。"),
		fn("cos(x: number): number", "The cosine of radians.", "余弦，参数为弧度。"),
		fn("cosh(x: number): number", "The hyperbolic cosine.", "双曲余弦。"),
		fn("deg(x: number): number", "Radians in degrees.", "弧度转角度。"),
		fn("exp(x: number): number", "e to the power of x.", "e 的 x 次方。"),
		fn("floor(x: number): number", "The next whole number that is not larger.", "向下取整。"),
		fn("fmod(x: number, y: number): number", "The rest of x divided by y, with the sign of x; x % y has the sign of y.", "x 除以 y 的余数，符号随 x；x % y 的符号随 y。"),
		fn("frexp(x: number): number, integer", "m and e with x = m × 2^e.", "返回 m 和 e，使 x = m × 2^e。"),
		fn("ldexp(m: number, e: integer): number", "m × 2^e.", "m × 2^e。"),
		fn("log(x: number): number", "The natural logarithm.", "自然对数。"),
		fn("log10(x: number): number", "The logarithm to base 10.", "以 10 为底的对数。"),
		fn("max(x: number, ...: number): number", "The largest.", "最大值。"),
		fn("min(x: number, ...: number): number", "The smallest.", "最小值。"),
		fn("modf(x: number): number, number", "The whole part and the fraction.", "整数部分和小数部分。"),
		fn("pow(x: number, y: number): number", "x to the power of y: x ^ y.", "x 的 y 次方，即 x ^ y。"),
		fn("rad(x: number): number", "Degrees in radians.", "角度转弧度。"),
		fn("random(low?: integer, high?: integer): number", "random(): from 0 to below 1; random(n): 1 to n; random(m, n): m to n. For draws that must not be foreseen by fans it is good; for secrets it is not.", "random()：0 到 1（不含 1）；random(n)：1 到 n；random(m, n)：m 到 n。可用于抽奖；不可用于生成密钥。"),
		fn("randomseed(n?: integer)", "Always fails: every decision has a seed of its own, so that it can be repeated exactly.", "总是报错：每次决定都有自己的种子，以便原样重做。"),
		fn("sin(x: number): number", "The sine of radians.", "正弦，参数为弧度。"),
		fn("sinh(x: number): number", "The hyperbolic sine.", "双曲正弦。"),
		fn("sqrt(x: number): number", "The square root.", "平方根。"),
		fn("tan(x: number): number", "The tangent of radians.", "正切，参数为弧度。"),
		fn("tanh(x: number): number", "The hyperbolic tangent.", "双曲正切。"),
	},
	Values: []reference.Param{
		val("huge: number", "A number larger than any other.", "比任何数都大的数。"),
		val("pi: number", "3.14159…", "圆周率 3.14159…"),
	},
}
