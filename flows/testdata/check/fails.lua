local shop = nil
return flow { name = shop.name }
