package sandbox

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

var mathValues = map[string]lua.LValue{"pi": lua.LNumber(math.Pi), "huge": lua.LNumber(math.Inf(1))}

var mathFunctions = map[string]lua.LGFunction{
	"abs": unary(math.Abs), "ceil": unary(math.Ceil), "floor": unary(math.Floor), "sqrt": unary(math.Sqrt),
	"exp": unary(math.Exp), "log": unary(math.Log), "log10": unary(math.Log10),
	"sin": unary(math.Sin), "cos": unary(math.Cos), "tan": unary(math.Tan),
	"asin": unary(math.Asin), "acos": unary(math.Acos), "atan": unary(math.Atan),
	"sinh": unary(math.Sinh), "cosh": unary(math.Cosh), "tanh": unary(math.Tanh),
	"deg": unary(func(x float64) float64 { return x * 180 / math.Pi }), "rad": unary(func(x float64) float64 { return x * math.Pi / 180 }),
	"atan2": binary(math.Atan2), "fmod": binary(math.Mod), "pow": binary(math.Pow),
	"ldexp": binary(func(x, e float64) float64 { return math.Ldexp(x, int(e)) }),
	"max":   fold(func(a, b float64) bool { return b > a }), "min": fold(func(a, b float64) bool { return b < a }),
	"frexp": mathFrexp, "modf": mathModf, "random": mathRandom, "randomseed": mathRandomseed,
}

func unary(f func(float64) float64) lua.LGFunction {
	return func(L *lua.LState) int {
		L.Push(lua.LNumber(f(float64(L.CheckNumber(1)))))
		return 1
	}
}

func binary(f func(a, b float64) float64) lua.LGFunction {
	return func(L *lua.LState) int {
		L.Push(lua.LNumber(f(float64(L.CheckNumber(1)), float64(L.CheckNumber(2)))))
		return 1
	}
}

// fold keeps the best of its arguments.
func fold(better func(best, x float64) bool) lua.LGFunction {
	return func(L *lua.LState) int {
		best := float64(L.CheckNumber(1))
		for i := 2; i <= L.GetTop(); i++ {
			if x := float64(L.CheckNumber(i)); better(best, x) {
				best = x
			}
		}
		L.Push(lua.LNumber(best))
		return 1
	}
}

func mathFrexp(L *lua.LState) int {
	f, e := math.Frexp(float64(L.CheckNumber(1)))
	L.Push(lua.LNumber(f))
	L.Push(lua.LNumber(e))
	return 2
}

func mathModf(L *lua.LState) int {
	whole, fraction := math.Modf(float64(L.CheckNumber(1)))
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(fraction))
	return 2
}

// mathRandom draws from the decision's seed: random() in [0,1), random(n) in 1..n, random(m, n) in m..n.
func mathRandom(L *lua.LState) int {
	r := From(L).Random()
	if L.GetTop() == 0 {
		L.Push(lua.LNumber(r.Float64()))
		return 1
	}
	low, high := 1.0, math.Floor(float64(L.CheckNumber(1)))
	if L.GetTop() > 1 {
		low, high = high, math.Floor(float64(L.CheckNumber(2)))
	}
	if !(low <= high) || high-low >= 1<<53 {
		L.RaiseError("math.random: the interval is empty or too large")
	}
	L.Push(lua.LNumber(low + float64(r.Int64N(int64(high-low)+1))))
	return 1
}

func mathRandomseed(L *lua.LState) int {
	L.RaiseError("math.randomseed is not needed: every decision has a seed of its own, so that it can be repeated exactly")
	return 0
}
