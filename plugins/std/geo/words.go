package geo

import "fanflow/plugins/reference"

var words = reference.Module{
	Name:  "geo",
	Doc:   "Distances between places in degrees, along the surface, good to about 0.5 %. A place is a table with latitude and longitude in numbers. WeChat's places are those of Chinese maps (GCJ-02): take the shops' from such a map, too.",
	DocZH: "两地沿地表的距离，误差约 0.5%，坐标单位为度。地点是含 latitude 和 longitude 两个数字的表。微信给出的是国内地图的坐标（GCJ-02），门店坐标也请取自国内地图。",
	Funcs: []reference.Func{
		reference.Fn("distance(lat1: number, lon1: number, lat2: number, lon2: number): integer", "The metres between two places.", "两地相距多少米。"),
		reference.Fn("nearest(places: table[], latitude: number, longitude: number): table?, integer?", "Of a list of places the nearest, and its distance in metres; nil where the list is empty. Of equally near ones the first.", "列表中最近的地点和距离（米）；列表为空则为 nil。距离相同取靠前的。").
			With(`local shop, metres = geo.nearest({ { name = "静安店", latitude = 31.2235, longitude = 121.4457 } }, 31.22, 121.44)`),
		reference.Fn("within(places: table[], latitude: number, longitude: number, metres: number): table[], integer[]", "Of a list of places those that are at most so many metres away, the nearest first, and a list of their distances.", "列表中距离不超过 metres 米的地点，由近到远；另返回它们的距离列表。").
			With(`local near, metres = geo.within({ { latitude = 31.2235, longitude = 121.4457 } }, 31.22, 121.44, 3000)`),
	},
}
