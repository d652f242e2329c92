return flow {
	name = "notice", first = "told",
	states = {
		told = {
			enter = { notice = { name = "COUPON_EXPIRING", data = { thing1 = "x" }, url = "https://a.example" } },
			on = {
				text = function(fan, event)
					fan:notice("COUPON_EXPIRING", { thing1 = "x" }, {
						after = "1h", url = event.text })
					fan:notice("COUPON_EXPIRING", { thing1 = "x" }, { after = "1h" })
					fan:template("COUPON_EXPIRING", { thing1 = "x" }, { url = "https://a.example" })
				end,
			},
		},
	},
}
