-- stopped: runtime
for _ in {} do end
