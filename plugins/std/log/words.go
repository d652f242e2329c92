package log

import "fanflow/plugins/reference"

var words = reference.Module{
	Name:  "log",
	Doc:   "Lines for the author: on the fan's timeline, and on the page of the flow or plugin. A line is cut at 1,000 bytes.",
	DocZH: "写给作者看的日志：显示在粉丝的时间线上，以及流程或插件的页面。一行最长 1,000 字节。",
	Funcs: []reference.Func{
		reference.Fn("error(...: any)", "A line of level error. It does not end the script: error(…) does.", "写一行 error 级别的日志。它不会中止脚本，中止请用 error(…)。"),
		reference.Fn("info(...: any)", "A line of the values, as tostring shows them, with tabs between: the same as print.", "写一行日志：各值按 tostring 显示，用制表符隔开，等同 print。"),
		reference.Fn("warn(...: any)", "A line of level warn.", "写一行 warn 级别的日志。"),
	},
}

// Words describe the module.
func Words() reference.Module { return words }
